#ifndef MAILSTROM_STORAGE_STORE_MODEL_H_
#define MAILSTROM_STORAGE_STORE_MODEL_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "storage/records.h"
#include "storage/store.h"

namespace mailstrom::storage {

// What a Store should do, in the plainest way: no threads, no disk, everything looked for from the
// beginning each time. For comparing with a real one.
class StoreModel {
 public:
  using RecipientId = std::pair<std::string, int>;

  struct ModelEmail {
    Email email;
    std::string content;
  };

  void Accept(Email email, std::string content);
  void Record(const Outcome& outcome);
  void Release(const Claim& claim, absl::Time due_time);

  // Takes over what a store claimed. Text: why it should not have.
  std::string Claim(absl::Time now, int max_recipients, const DueWork& work);
  // All claims lapse.
  void Restart() { claims_.clear(); }

  const std::map<std::string, ModelEmail>& emails() const { return emails_; }
  const std::vector<Event>& events() const { return events_; }
  const std::map<RecipientId, ClaimedRecipient>& claims() const { return claims_; }

 private:
  // Due times of those who are neither settled nor claimed.
  std::multiset<absl::Time> Waiting() const;
  std::string TakeOver(absl::Time now, const ClaimedRecipient& claimed);
  Recipient& RecipientOf(const RecipientId& id);

  std::map<std::string, ModelEmail> emails_;
  std::vector<Event> events_;
  std::map<RecipientId, ClaimedRecipient> claims_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_STORE_MODEL_H_
