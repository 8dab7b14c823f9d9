#ifndef MAILSTROM_STORAGE_STORE_MODEL_H_
#define MAILSTROM_STORAGE_STORE_MODEL_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
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
    std::optional<absl::Time> cancel_time;
    // Newest last.
    std::vector<Dialogue> dialogues;
  };

  // Takes over what `request` should do. Text: what is wrong with the store's answer.
  std::string Accept(const AcceptRequest& request, const absl::StatusOr<Accepted>& answer);
  // Outcomes of one call.
  void Record(const std::vector<Outcome>& outcomes);
  // `hold`: as Store::Hold.
  void Release(const Claim& claim, absl::Time due_time, bool hold = false);
  ChangedCounts ChangeQueued(const std::vector<storage::RecipientId>& recipients,
                             QueueChange change, absl::Time now);
  // All that is queued, in the order in which it is due.
  std::vector<QueuedRecipient> Queue() const;
  // The email must be known.
  const Email& Cancel(const std::string& email_id, absl::Time now);
  // A store may settle recipients of cancelled emails whose claim has lapsed when it is asked for
  // work. Text: why `event` should not have come.
  std::string GiveUp(const Event& event);

  // Takes over what a store claimed. Text: why it should not have.
  std::string Claim(absl::Time now, int max_recipients, const DueWork& work);
  // All claims lapse.
  void Restart() { claims_.clear(); }

  const std::map<std::string, ModelEmail>& emails() const { return emails_; }
  const std::vector<Event>& events() const { return events_; }
  const std::map<RecipientId, ClaimedRecipient>& claims() const { return claims_; }
  QueueTotals Totals() const;

 private:
  struct Key {
    std::string digest;
    std::string email_id;
    absl::Time expire_time;
  };

  // Due times of those who are neither settled nor claimed, with or without those who are
  // cancelled.
  std::multiset<absl::Time> Waiting(bool with_cancelled) const;
  void Advance(const RecipientId& id, Recipient after, absl::Time event_time);
  std::string TakeOver(absl::Time now, const ClaimedRecipient& claimed);
  Recipient& RecipientOf(const RecipientId& id);

  std::map<std::string, ModelEmail> emails_;
  std::map<std::pair<std::string, std::string>, Key> keys_;
  std::vector<Event> events_;
  std::map<RecipientId, ClaimedRecipient> claims_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_STORE_MODEL_H_
