#ifndef MAILSTROM_TESTS_FAKES_FORWARDING_STORE_H_
#define MAILSTROM_TESTS_FAKES_FORWARDING_STORE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/store.h"

namespace mailstrom {

// Passes every call on. Doubles that change one call derive from it.
class ForwardingStore : public storage::Store {
 public:
  explicit ForwardingStore(std::unique_ptr<storage::Store> inner) : inner_(std::move(inner)) {}

  void Accept(storage::AcceptRequest request, Done<storage::Accepted> done) override {
    inner_->Accept(std::move(request), std::move(done));
  }
  void ClaimDue(absl::Time now, int max_recipients, Done<storage::DueWork> done) override {
    inner_->ClaimDue(now, max_recipients, std::move(done));
  }
  void RecordOutcomes(std::vector<storage::Outcome> outcomes,
                      absl::AnyInvocable<void(absl::Status)> done) override {
    inner_->RecordOutcomes(std::move(outcomes), std::move(done));
  }
  void Release(std::vector<storage::Claim> claims, absl::Time due_time,
               absl::AnyInvocable<void(absl::Status)> done) override {
    inner_->Release(std::move(claims), due_time, std::move(done));
  }
  void Hold(std::vector<storage::Claim> claims, absl::Time due_time,
            absl::AnyInvocable<void(absl::Status)> done) override {
    inner_->Hold(std::move(claims), due_time, std::move(done));
  }
  void ListQueue(storage::QueueQuery query, Done<storage::QueuePage> done) override {
    inner_->ListQueue(std::move(query), std::move(done));
  }
  void SummarizeQueue(int max_domains, Done<storage::QueueSummary> done) override {
    inner_->SummarizeQueue(max_domains, std::move(done));
  }
  void ChangeQueued(std::vector<storage::RecipientId> recipients, storage::QueueChange change,
                    absl::Time now, Done<storage::ChangedCounts> done) override {
    inner_->ChangeQueued(std::move(recipients), change, now, std::move(done));
  }
  void PutOrder(storage::StandingOrder order,
                absl::AnyInvocable<void(absl::Status)> done) override {
    inner_->PutOrder(std::move(order), std::move(done));
  }
  void DropOrder(storage::StandingOrder order,
                 absl::AnyInvocable<void(absl::Status)> done) override {
    inner_->DropOrder(std::move(order), std::move(done));
  }
  void ListOrders(Done<std::vector<storage::StandingOrder>> done) override {
    inner_->ListOrders(std::move(done));
  }
  void Cancel(std::string email_id, absl::Time now, Done<storage::Email> done) override {
    inner_->Cancel(std::move(email_id), now, std::move(done));
  }
  void ReadEmail(std::string email_id, Done<storage::Email> done) override {
    inner_->ReadEmail(std::move(email_id), std::move(done));
  }
  void ReadContent(std::string email_id, Done<std::shared_ptr<const std::string>> done) override {
    inner_->ReadContent(std::move(email_id), std::move(done));
  }
  std::shared_ptr<const std::string> ContentAtHand(const std::string& email_id) const override {
    return inner_->ContentAtHand(email_id);
  }
  void ReadEvents(int64_t after, int max_events, Done<storage::EventBatch> done) override {
    inner_->ReadEvents(after, max_events, std::move(done));
  }
  void ListEmails(storage::ListQuery query, Done<storage::ListPage> done) override {
    inner_->ListEmails(std::move(query), std::move(done));
  }
  void ReadDialogues(std::string email_id, Done<std::vector<storage::Dialogue>> done) override {
    inner_->ReadDialogues(std::move(email_id), std::move(done));
  }
  void ListDamaged(int max_records, Done<storage::DamagedRecords> done) override {
    inner_->ListDamaged(max_records, std::move(done));
  }
  storage::QueueTotals Totals() const override { return inner_->Totals(); }
  absl::Status Health() const override { return inner_->Health(); }
  int64_t LastSequence() const override { return inner_->LastSequence(); }
  std::string LogId() const override { return inner_->LogId(); }
  void AddListener(storage::StoreListener* listener) override { inner_->AddListener(listener); }
  void RemoveListener(storage::StoreListener* listener) override {
    inner_->RemoveListener(listener);
  }

 private:
  const std::unique_ptr<storage::Store> inner_;
};

}  // namespace mailstrom

#endif  // MAILSTROM_TESTS_FAKES_FORWARDING_STORE_H_
