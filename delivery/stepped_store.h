#ifndef MAILSTROM_DELIVERY_STEPPED_STORE_H_
#define MAILSTROM_DELIVERY_STEPPED_STORE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "asio/io_context.hpp"
#include "asio/post.hpp"
#include "storage/store.h"

namespace mailstrom::delivery {

// Puts a store in step with one thread, for tests: each call has happened, its listeners told, when
// it returns, and its `done` runs as the next thing on `io`. Calls can be made to fail. Belongs to
// the thread that runs `io`.
class SteppedStore final : public storage::Store {
 public:
  // `inner`: a store that does one call after the other.
  SteppedStore(storage::Store& inner, asio::io_context& io) : inner_(inner), io_(io) {}

  // While not OK, the calls of this kind fail with it and change nothing.
  absl::Status claim_status;
  absl::Status record_status;
  absl::Status release_status;
  absl::Status content_status;
  // Emails whose content is at hand.
  std::map<std::string, std::shared_ptr<const std::string>> at_hand;
  // Is shown each content that is handed out, where it lies.
  std::function<void(absl::string_view)> on_content;
  // Calls made of each kind.
  int claims = 0;
  int records = 0;
  int releases = 0;
  int content_reads = 0;
  // Recipients whose claims were given back, and those that were held.
  int released = 0;
  int held = 0;

  void Accept(storage::AcceptRequest request, Done<storage::Accepted> done) override;
  void ClaimDue(absl::Time now, int max_recipients, Done<storage::DueWork> done) override;
  void RecordOutcomes(std::vector<storage::Outcome> outcomes,
                      absl::AnyInvocable<void(absl::Status)> done) override;
  void Release(std::vector<storage::Claim> claims, absl::Time due_time,
               absl::AnyInvocable<void(absl::Status)> done) override;
  void Hold(std::vector<storage::Claim> claims, absl::Time due_time,
            absl::AnyInvocable<void(absl::Status)> done) override;
  void ListQueue(storage::QueueQuery query, Done<storage::QueuePage> done) override;
  void SummarizeQueue(int max_domains, Done<storage::QueueSummary> done) override;
  void ChangeQueued(std::vector<storage::RecipientId> recipients, storage::QueueChange change,
                    absl::Time now, Done<storage::ChangedCounts> done) override;
  void PutOrder(storage::StandingOrder order, absl::AnyInvocable<void(absl::Status)> done) override;
  void DropOrder(storage::StandingOrder order,
                 absl::AnyInvocable<void(absl::Status)> done) override;
  void ListOrders(Done<std::vector<storage::StandingOrder>> done) override;
  void Cancel(std::string email_id, absl::Time now, Done<storage::Email> done) override;
  void ReadEmail(std::string email_id, Done<storage::Email> done) override;
  void ReadContent(std::string email_id, Done<std::shared_ptr<const std::string>> done) override;
  std::shared_ptr<const std::string> ContentAtHand(const std::string& email_id) const override {
    const auto content = at_hand.find(email_id);
    return content == at_hand.end() ? nullptr : content->second;
  }
  void ReadEvents(int64_t after, int max_events, Done<storage::EventBatch> done) override;
  void ListEmails(storage::ListQuery query, Done<storage::ListPage> done) override;
  void ReadDialogues(std::string email_id, Done<std::vector<storage::Dialogue>> done) override;
  void ListDamaged(int max_records, Done<storage::DamagedRecords> done) override;
  storage::QueueTotals Totals() const override { return inner_.Totals(); }
  absl::Status Health() const override { return health_; }
  int64_t LastSequence() const override { return inner_.LastSequence(); }
  std::string LogId() const override { return inner_.LogId(); }
  void AddListener(storage::StoreListener* listener) override;
  void RemoveListener(storage::StoreListener* listener) override;

  // Changes the health, and tells the listeners.
  void SetHealth(absl::Status health);

  // The same calls, answered at once.
  absl::Status AcceptNow(storage::Email email, std::string content);
  absl::StatusOr<storage::Email> ReadEmailNow(const std::string& email_id);
  std::vector<std::shared_ptr<const storage::Event>> ReadEventsNow();

 private:
  // Waits until the inner store has told its listeners of what was done so far.
  void CatchUp();

  storage::Store& inner_;
  asio::io_context& io_;
  absl::Status health_;
  std::vector<storage::StoreListener*> listeners_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_STEPPED_STORE_H_
