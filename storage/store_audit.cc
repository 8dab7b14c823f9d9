#include "storage/store_audit.h"

#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "storage/blocking_store.h"
#include "storage/test_emails.h"

namespace mailstrom::storage {
namespace {

using RecipientId = std::pair<std::string, int>;

class Auditor {
 public:
  explicit Auditor(Store& store) : store_(store), blocking_(store) {}

  StoreAudit Run(bool claim_all) {
    ReadLog();
    for (const auto& [email_id, events] : audit_.events) CheckEmail(email_id, events);
    if (claim_all) CheckDue();
    return std::move(audit_);
  }

 private:
  template <typename... Args>
  void Problem(const Args&... args) {
    audit_.problems.push_back(absl::StrCat(args...));
  }

  void ReadLog() {
    int64_t last = 0;
    while (last < store_.LastSequence()) {
      const absl::StatusOr<EventBatch> batch = blocking_.ReadEvents(last, 1000);
      if (!batch.ok()) return Problem("log after ", last, ": ", batch.status().ToString());
      for (const auto& event : batch->events) {
        if (event->sequence != last + 1) Problem("event ", event->sequence, " follows ", last);
        last = event->sequence;
        audit_.events[event->email_id].push_back(*event);
      }
      if (batch->last_sequence != last || batch->events.empty()) {
        return Problem("log ends at ", last);
      }
    }
  }

  void CheckEmail(const std::string& email_id, const std::vector<Event>& events) {
    ++audit_.emails;
    const absl::StatusOr<Email> email = blocking_.ReadEmail(email_id);
    if (!email.ok()) return Problem(email_id, ": ", email.status().ToString());
    std::map<int, Recipient> states;
    size_t unsettled = email->recipients.size();
    for (const Event& event : events) {
      CheckEvent(event, states);
      if (IsFinal(event.recipient.state)) --unsettled;
      if (event.email_settled != (unsettled == 0)) {
        Problem("event ", event.sequence, ": email_settled is wrong");
      }
    }
    if (states.size() != email->recipients.size()) Problem(email_id, ": events of others");
    for (const auto& [index, state] : states) {
      const Recipient& recipient = email->recipients.at(index);
      Count(email_id, index, recipient);
      // Release puts off the next attempt without an event.
      Recipient comparable = state;
      comparable.next_attempt_time = recipient.next_attempt_time;
      comparable.held = recipient.held;
      if (ToText(recipient) != ToText(comparable)) {
        Problem(email_id, "/", index, ": record ", ToText(recipient), ", events ", ToText(state));
      }
    }
    CheckContent(email_id, email->settled());
  }

  void CheckEvent(const Event& event, std::map<int, Recipient>& states) {
    const auto [state, is_first] = states.try_emplace(event.recipient_index, event.recipient);
    const bool is_queued = event.recipient.state == RecipientState::kQueued;
    if (is_first != is_queued) Problem("event ", event.sequence, ": QUEUED at the wrong place");
    if (is_first) return;
    if (IsFinal(state->second.state)) {
      Problem("event ", event.sequence, ": change of a settled recipient");
    }
    state->second = event.recipient;
  }

  void Count(const std::string& email_id, int index, const Recipient& recipient) {
    switch (recipient.state) {
      case RecipientState::kQueued:
        ++audit_.queued;
        break;
      case RecipientState::kDeferred:
        ++audit_.deferred;
        break;
      case RecipientState::kDelivered:
        ++audit_.delivered;
        return;
      case RecipientState::kFailed:
        ++audit_.failed;
        return;
    }
    unsettled_.emplace(email_id, index);
  }

  void CheckContent(const std::string& email_id, bool settled) {
    const absl::Status content = blocking_.ReadContent(email_id).status();
    const bool as_it_should = settled ? absl::IsNotFound(content) : content.ok();
    if (!as_it_should) {
      Problem(email_id, settled ? ": settled, content " : ": content ", content.ToString());
    }
  }

  void CheckDue() {
    while (true) {
      const absl::StatusOr<DueWork> work = blocking_.ClaimDue(absl::InfiniteFuture(), 1000);
      if (!work.ok()) return Problem("claiming: ", work.status().ToString());
      if (work->emails.empty()) break;
      for (const ClaimedRecipient& claimed : AllOf(*work)) {
        const Claim& claim = claimed.claim;
        if (unsettled_.erase({claim.email_id, claim.recipient_index}) == 0) {
          Problem(claim.email_id, "/", claim.recipient_index, ": due, and should not be");
        }
      }
    }
    for (const auto& [email_id, index] : unsettled_) Problem(email_id, "/", index, ": never due");
  }

  Store& store_;
  BlockingStore blocking_;
  StoreAudit audit_;
  std::set<RecipientId> unsettled_;
};

}  // namespace

StoreAudit AuditStore(Store& store, bool claim_all) { return Auditor(store).Run(claim_all); }

}  // namespace mailstrom::storage
