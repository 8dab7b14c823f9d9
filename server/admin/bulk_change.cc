#include "server/admin/bulk_change.h"

#include <cstddef>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/admin/domain_spellings.h"

namespace mailstrom::server {
namespace {

// The sites of these are likely to be tried.
void ReopenSitesOf(const std::vector<storage::QueuedRecipient>& recipients,
                   delivery::Control& control) {
  std::set<std::string> domains;
  for (const storage::QueuedRecipient& queued : recipients) {
    domains.insert(DeliveryDomainOf(queued.recipient.address));
  }
  control.ReopenSites(std::vector<std::string>(domains.begin(), domains.end()));
}

// Emails that the claim of one recipient keeps from being given up.
std::vector<std::string> EmailsOfOne(const std::vector<storage::QueuedRecipient>& recipients) {
  std::vector<std::string> ids;
  for (const storage::QueuedRecipient& queued : recipients) {
    if (queued.record->recipient_count == 1) ids.push_back(queued.record->email_id);
  }
  return ids;
}

// Awaits several answers, on any threads; the last passes the first error on.
class Answers {
 public:
  Answers(size_t count, absl::AnyInvocable<void(absl::Status)> done)
      : done_(std::move(done)), awaited_(count) {}

  void Add(const absl::Status& status) {
    absl::Status result;
    {
      absl::MutexLock lock(&mutex_);
      result_.Update(status);
      if (--awaited_ > 0) return;
      result = result_;
    }
    done_(std::move(result));
  }

 private:
  absl::AnyInvocable<void(absl::Status)> done_;

  absl::Mutex mutex_;
  size_t awaited_ ABSL_GUARDED_BY(mutex_);
  absl::Status result_ ABSL_GUARDED_BY(mutex_);
};

void CancelEmails(storage::Store& store, std::vector<std::string> ids, absl::Time now,
                  absl::AnyInvocable<void(absl::Status)> done) {
  if (ids.empty()) return done(absl::OkStatus());
  auto answers = std::make_shared<Answers>(ids.size(), std::move(done));
  for (std::string& id : ids) {
    store.Cancel(std::move(id), now, [answers](const absl::StatusOr<storage::Email>& email) {
      // What is gone meanwhile needs no mark.
      answers->Add(absl::IsNotFound(email.status()) ? absl::OkStatus() : email.status());
    });
  }
}

}  // namespace

void ChangeQueue(storage::Store& store, delivery::Control& control, const Clock& clock,
                 storage::QueueQuery query, storage::QueueChange change,
                 absl::AnyInvocable<void(absl::StatusOr<BulkChanged>)> done) {
  const absl::Time now = clock.Now();
  store.ListQueue(std::move(query), [&store, &control, now, change, done = std::move(done)](
                                        absl::StatusOr<storage::QueuePage> page) mutable {
    if (!page.ok()) return done(page.status());
    if (page->recipients.empty()) return done(BulkChanged{{}, std::move(page->next)});
    if (change == storage::QueueChange::kMakeDue) ReopenSitesOf(page->recipients, control);
    std::vector<storage::RecipientId> ids;
    for (const storage::QueuedRecipient& queued : page->recipients) {
      ids.push_back({queued.record->email_id, queued.recipient_index});
    }
    store.ChangeQueued(std::move(ids), change, now,
                       [&store, now, change, page = *std::move(page), done = std::move(done)](
                           absl::StatusOr<storage::ChangedCounts> counts) mutable {
                         if (!counts.ok()) return done(counts.status());
                         std::vector<std::string> marked;
                         if (change == storage::QueueChange::kCancel && counts->claimed > 0) {
                           marked = EmailsOfOne(page.recipients);
                         }
                         BulkChanged changed = {*counts, std::move(page.next)};
                         CancelEmails(store, std::move(marked), now,
                                      [changed = std::move(changed),
                                       done = std::move(done)](const absl::Status& status) mutable {
                                        if (!status.ok()) return done(status);
                                        done(std::move(changed));
                                      });
                       });
  });
}

}  // namespace mailstrom::server
