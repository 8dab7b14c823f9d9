#include "delivery/stepped_store.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "absl/synchronization/notification.h"

namespace mailstrom::delivery {
namespace {

// Makes an asynchronous call and waits for what it gives.
template <typename T, typename Call>
T Await(Call call) {
  std::optional<T> result;
  absl::Notification arrived;
  call([&](T value) {
    result.emplace(std::move(value));
    arrived.Notify();
  });
  arrived.WaitForNotification();
  return *std::move(result);
}

template <typename T, typename Done>
void PostDone(asio::io_context& io, Done done, T result) {
  asio::post(io, [done = std::move(done), result = std::move(result)]() mutable {
    done(std::move(result));
  });
}

}  // namespace

void SteppedStore::Accept(storage::AcceptRequest request, Done<storage::Accepted> done) {
  auto accepted = Await<absl::StatusOr<storage::Accepted>>(
      [&](auto inner_done) { inner_.Accept(std::move(request), std::move(inner_done)); });
  CatchUp();
  PostDone(io_, std::move(done), std::move(accepted));
}

absl::Status SteppedStore::AcceptNow(storage::Email email, std::string content) {
  storage::AcceptRequest request{std::move(email), std::move(content)};
  const auto accepted = Await<absl::StatusOr<storage::Accepted>>(
      [&](auto done) { inner_.Accept(std::move(request), std::move(done)); });
  CatchUp();
  return accepted.status();
}

void SteppedStore::Hold(std::vector<storage::Claim> claims, absl::Time due_time,
                        absl::AnyInvocable<void(absl::Status)> done) {
  if (!release_status.ok()) return PostDone(io_, std::move(done), release_status);
  held += static_cast<int>(claims.size());
  auto status = Await<absl::Status>(
      [&](auto inner_done) { inner_.Hold(std::move(claims), due_time, std::move(inner_done)); });
  CatchUp();
  PostDone(io_, std::move(done), std::move(status));
}

void SteppedStore::ListQueue(storage::QueueQuery query, Done<storage::QueuePage> done) {
  PostDone(io_, std::move(done), Await<absl::StatusOr<storage::QueuePage>>([&](auto inner_done) {
             inner_.ListQueue(std::move(query), std::move(inner_done));
           }));
}

void SteppedStore::SummarizeQueue(int max_domains, Done<storage::QueueSummary> done) {
  PostDone(io_, std::move(done), Await<absl::StatusOr<storage::QueueSummary>>([&](auto inner_done) {
             inner_.SummarizeQueue(max_domains, std::move(inner_done));
           }));
}

void SteppedStore::ChangeQueued(std::vector<storage::RecipientId> recipients,
                                storage::QueueChange change, absl::Time now,
                                Done<storage::ChangedCounts> done) {
  auto counts = Await<absl::StatusOr<storage::ChangedCounts>>([&](auto inner_done) {
    inner_.ChangeQueued(std::move(recipients), change, now, std::move(inner_done));
  });
  CatchUp();
  PostDone(io_, std::move(done), std::move(counts));
}

void SteppedStore::PutOrder(storage::StandingOrder order,
                            absl::AnyInvocable<void(absl::Status)> done) {
  PostDone(io_, std::move(done), Await<absl::Status>([&](auto inner_done) {
             inner_.PutOrder(std::move(order), std::move(inner_done));
           }));
}

void SteppedStore::DropOrder(storage::StandingOrder order,
                             absl::AnyInvocable<void(absl::Status)> done) {
  PostDone(io_, std::move(done), Await<absl::Status>([&](auto inner_done) {
             inner_.DropOrder(std::move(order), std::move(inner_done));
           }));
}

void SteppedStore::ListOrders(Done<std::vector<storage::StandingOrder>> done) {
  PostDone(io_, std::move(done),
           Await<absl::StatusOr<std::vector<storage::StandingOrder>>>(
               [&](auto inner_done) { inner_.ListOrders(std::move(inner_done)); }));
}

void SteppedStore::Cancel(std::string email_id, absl::Time now, Done<storage::Email> done) {
  auto email = Await<absl::StatusOr<storage::Email>>(
      [&](auto inner_done) { inner_.Cancel(std::move(email_id), now, std::move(inner_done)); });
  CatchUp();
  PostDone(io_, std::move(done), std::move(email));
}

void SteppedStore::ClaimDue(absl::Time now, int max_recipients, Done<storage::DueWork> done) {
  ++claims;
  if (!claim_status.ok()) {
    PostDone(io_, std::move(done), absl::StatusOr<storage::DueWork>(claim_status));
    return;
  }
  PostDone(io_, std::move(done), Await<absl::StatusOr<storage::DueWork>>([&](auto inner_done) {
             inner_.ClaimDue(now, max_recipients, std::move(inner_done));
           }));
}

void SteppedStore::RecordOutcomes(std::vector<storage::Outcome> outcomes,
                                  absl::AnyInvocable<void(absl::Status)> done) {
  ++records;
  absl::Status status = record_status;
  if (status.ok()) {
    status = Await<absl::Status>([&](auto inner_done) {
      inner_.RecordOutcomes(std::move(outcomes), std::move(inner_done));
    });
    CatchUp();
  }
  PostDone(io_, std::move(done), status);
}

void SteppedStore::Release(std::vector<storage::Claim> claims, absl::Time due_time,
                           absl::AnyInvocable<void(absl::Status)> done) {
  ++releases;
  absl::Status status = release_status;
  if (status.ok()) {
    released += static_cast<int>(claims.size());
    status = Await<absl::Status>([&](auto inner_done) {
      inner_.Release(std::move(claims), due_time, std::move(inner_done));
    });
    CatchUp();
  }
  PostDone(io_, std::move(done), status);
}

void SteppedStore::ReadEmail(std::string email_id, Done<storage::Email> done) {
  PostDone(io_, std::move(done), ReadEmailNow(email_id));
}

absl::StatusOr<storage::Email> SteppedStore::ReadEmailNow(const std::string& email_id) {
  return Await<absl::StatusOr<storage::Email>>(
      [&](auto done) { inner_.ReadEmail(email_id, std::move(done)); });
}

void SteppedStore::ReadContent(std::string email_id,
                               Done<std::shared_ptr<const std::string>> done) {
  using Content = absl::StatusOr<std::shared_ptr<const std::string>>;
  ++content_reads;
  if (!content_status.ok()) {
    PostDone(io_, std::move(done), Content(content_status));
    return;
  }
  Content content =
      Await<Content>([&](auto inner_done) { inner_.ReadContent(email_id, std::move(inner_done)); });
  // As from a disk: bytes that nobody else holds.
  if (content.ok()) content = std::make_shared<const std::string>(**content);
  if (content.ok() && on_content) on_content(**content);
  PostDone(io_, std::move(done), std::move(content));
}

void SteppedStore::ReadEvents(int64_t after, int max_events, Done<storage::EventBatch> done) {
  inner_.ReadEvents(after, max_events, std::move(done));
}

void SteppedStore::ListEmails(storage::ListQuery query, Done<storage::ListPage> done) {
  inner_.ListEmails(std::move(query), std::move(done));
}

void SteppedStore::ReadDialogues(std::string email_id, Done<std::vector<storage::Dialogue>> done) {
  using Dialogues = absl::StatusOr<std::vector<storage::Dialogue>>;
  PostDone(io_, std::move(done), Await<Dialogues>([&](auto answer) {
             inner_.ReadDialogues(std::move(email_id), std::move(answer));
           }));
}

void SteppedStore::ListDamaged(int max_records, Done<storage::DamagedRecords> done) {
  inner_.ListDamaged(max_records, std::move(done));
}

std::vector<std::shared_ptr<const storage::Event>> SteppedStore::ReadEventsNow() {
  const auto batch = Await<absl::StatusOr<storage::EventBatch>>(
      [&](auto done) { inner_.ReadEvents(0, std::numeric_limits<int>::max(), std::move(done)); });
  return batch.ok() ? batch->events : std::vector<std::shared_ptr<const storage::Event>>();
}

void SteppedStore::CatchUp() {
  // The inner store tells its listeners before it begins the next call.
  Await<bool>([&](auto done) {
    inner_.ReadEmail("", [done = std::move(done)](const auto&) mutable { done(true); });
  });
}

void SteppedStore::AddListener(storage::StoreListener* listener) {
  listeners_.push_back(listener);
  inner_.AddListener(listener);
}

void SteppedStore::RemoveListener(storage::StoreListener* listener) {
  listeners_.erase(std::remove(listeners_.begin(), listeners_.end(), listener), listeners_.end());
  inner_.RemoveListener(listener);
}

void SteppedStore::SetHealth(absl::Status health) {
  health_ = std::move(health);
  for (storage::StoreListener* listener : listeners_) listener->OnHealth(health_);
}

}  // namespace mailstrom::delivery
