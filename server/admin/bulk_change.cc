#include "server/admin/bulk_change.h"

#include <set>
#include <utility>
#include <vector>

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
void CancelEmails(const std::vector<storage::QueuedRecipient>& recipients, absl::Time now,
                  storage::Store& store) {
  for (const storage::QueuedRecipient& queued : recipients) {
    if (queued.record->recipient_count != 1) continue;
    store.Cancel(queued.record->email_id, now, [](const absl::StatusOr<storage::Email>&) {});
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
                         if (change == storage::QueueChange::kCancel && counts->claimed > 0) {
                           CancelEmails(page.recipients, now, store);
                         }
                         done(BulkChanged{*counts, std::move(page.next)});
                       });
  });
}

}  // namespace mailstrom::server
