#include "delivery/domain_turns.h"

#include <utility>

#include "absl/strings/ascii.h"

namespace mailstrom::delivery {

void DomainTurns::Push(storage::ClaimedEmail email) {
  const std::string& address = email.recipients.front().recipient.address;
  std::string domain = absl::AsciiStrToLower(address.substr(address.rfind('@') + 1));
  std::deque<storage::ClaimedEmail>& queue = waiting_[domain];
  if (queue.empty()) turns_.push_back(std::move(domain));
  queue.push_back(std::move(email));
}

storage::ClaimedEmail DomainTurns::Pop() {
  std::string domain = std::move(turns_.front());
  turns_.pop_front();
  const auto found = waiting_.find(domain);
  storage::ClaimedEmail email = std::move(found->second.front());
  found->second.pop_front();
  if (found->second.empty()) {
    waiting_.erase(found);
  } else {
    turns_.push_back(std::move(domain));
  }
  return email;
}

bool DomainTurns::Has(const std::string& email_id, int recipient_index) const {
  for (const auto& [domain, emails] : waiting_) {
    for (const storage::ClaimedEmail& email : emails) {
      if (email.record->email_id != email_id) continue;
      for (const storage::ClaimedRecipient& recipient : email.recipients) {
        if (recipient.claim.recipient_index == recipient_index) return true;
      }
    }
  }
  return false;
}

}  // namespace mailstrom::delivery
