#include "storage/blocking_store.h"

#include <optional>
#include <utility>

#include "absl/synchronization/notification.h"

namespace mailstrom::storage {
namespace {

// Runs `call` with a callback and waits for what it is given.
template <typename Result, typename Call>
Result Await(Call call) {
  std::optional<Result> result;
  absl::Notification finished;
  call([&](Result answer) {
    result.emplace(std::move(answer));
    finished.Notify();
  });
  finished.WaitForNotification();
  return *std::move(result);
}

}  // namespace

absl::Status BlockingStore::Accept(Email email, std::string content) {
  return Accept(AcceptRequest{std::move(email), std::move(content), std::nullopt}).status();
}

absl::StatusOr<Accepted> BlockingStore::Accept(AcceptRequest request) {
  return Await<absl::StatusOr<Accepted>>(
      [&](auto done) { store_.Accept(std::move(request), std::move(done)); });
}

absl::StatusOr<DueWork> BlockingStore::ClaimDue(absl::Time now, int max_recipients) {
  return Await<absl::StatusOr<DueWork>>(
      [&](auto done) { store_.ClaimDue(now, max_recipients, std::move(done)); });
}

absl::Status BlockingStore::RecordOutcomes(std::vector<Outcome> outcomes) {
  return Await<absl::Status>(
      [&](auto done) { store_.RecordOutcomes(std::move(outcomes), std::move(done)); });
}

absl::Status BlockingStore::Release(std::vector<Claim> claims, absl::Time due_time) {
  return Await<absl::Status>(
      [&](auto done) { store_.Release(std::move(claims), due_time, std::move(done)); });
}

absl::Status BlockingStore::Hold(std::vector<Claim> claims, absl::Time due_time) {
  return Await<absl::Status>(
      [&](auto done) { store_.Hold(std::move(claims), due_time, std::move(done)); });
}

absl::StatusOr<QueuePage> BlockingStore::ListQueue(QueueQuery query) {
  return Await<absl::StatusOr<QueuePage>>(
      [&](auto done) { store_.ListQueue(std::move(query), std::move(done)); });
}

absl::StatusOr<QueueSummary> BlockingStore::SummarizeQueue(int max_domains) {
  return Await<absl::StatusOr<QueueSummary>>(
      [&](auto done) { store_.SummarizeQueue(max_domains, std::move(done)); });
}

absl::StatusOr<ChangedCounts> BlockingStore::ChangeQueued(std::vector<RecipientId> recipients,
                                                          QueueChange change, absl::Time now) {
  return Await<absl::StatusOr<ChangedCounts>>(
      [&](auto done) { store_.ChangeQueued(std::move(recipients), change, now, std::move(done)); });
}

absl::Status BlockingStore::PutOrder(StandingOrder order) {
  return Await<absl::Status>(
      [&](auto done) { store_.PutOrder(std::move(order), std::move(done)); });
}

absl::Status BlockingStore::DropOrder(StandingOrder order) {
  return Await<absl::Status>(
      [&](auto done) { store_.DropOrder(std::move(order), std::move(done)); });
}

absl::StatusOr<std::vector<StandingOrder>> BlockingStore::ListOrders() {
  return Await<absl::StatusOr<std::vector<StandingOrder>>>(
      [&](auto done) { store_.ListOrders(std::move(done)); });
}

absl::StatusOr<Email> BlockingStore::ReadEmail(std::string email_id) {
  return Await<absl::StatusOr<Email>>(
      [&](auto done) { store_.ReadEmail(std::move(email_id), std::move(done)); });
}

absl::StatusOr<std::string> BlockingStore::ReadContent(std::string email_id) {
  using Content = std::shared_ptr<const std::string>;
  const absl::StatusOr<Content> content = Await<absl::StatusOr<Content>>(
      [&](auto done) { store_.ReadContent(std::move(email_id), std::move(done)); });
  if (!content.ok()) return content.status();
  return **content;
}

absl::StatusOr<EventBatch> BlockingStore::ReadEvents(int64_t after, int max_events) {
  return Await<absl::StatusOr<EventBatch>>(
      [&](auto done) { store_.ReadEvents(after, max_events, std::move(done)); });
}

absl::StatusOr<Email> BlockingStore::Cancel(std::string email_id, absl::Time now) {
  return Await<absl::StatusOr<Email>>(
      [&](auto done) { store_.Cancel(std::move(email_id), now, std::move(done)); });
}

absl::StatusOr<ListPage> BlockingStore::ListEmails(ListQuery query) {
  return Await<absl::StatusOr<ListPage>>(
      [&](auto done) { store_.ListEmails(std::move(query), std::move(done)); });
}

absl::StatusOr<std::vector<Dialogue>> BlockingStore::ReadDialogues(std::string email_id) {
  return Await<absl::StatusOr<std::vector<Dialogue>>>(
      [&](auto done) { store_.ReadDialogues(std::move(email_id), std::move(done)); });
}

absl::StatusOr<DamagedRecords> BlockingStore::ListDamaged(int max_records) {
  return Await<absl::StatusOr<DamagedRecords>>(
      [&](auto done) { store_.ListDamaged(max_records, std::move(done)); });
}

}  // namespace mailstrom::storage
