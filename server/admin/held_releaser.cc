#include "server/admin/held_releaser.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "server/admin/domain_spellings.h"

namespace mailstrom::server {
namespace {

constexpr int kPageSize = 1000;

// Chooses what may be held by an order of this scope, and perhaps more.
storage::QueueQuery QueryOf(const storage::OrderScope& scope) {
  storage::QueueQuery query;
  query.page_size = kPageSize;
  query.held = true;
  switch (scope.kind) {
    case storage::OrderScope::Kind::kDomain:
      if (!absl::StartsWith(scope.value, "*")) query.domains = SpellingsOf(scope.value);
      break;
    case storage::OrderScope::Kind::kTenant:
      query.tenant = scope.value;
      break;
    case storage::OrderScope::Kind::kTag:
      query.tags[scope.name] = scope.value;
      break;
    case storage::OrderScope::Kind::kSite:
      break;
  }
  return query;
}

}  // namespace

void HeldReleaser::LetGo(const storage::OrderScope& scope, absl::Time until, Done done) {
  ReadOn(std::make_shared<Walk>(Walk{QueryOf(scope), until, std::move(done)}));
}

void HeldReleaser::ReadOn(const std::shared_ptr<Walk>& walk) {
  store_.ListQueue(walk->query,
                   CallGate::Guard(gate_, [self = shared_from_this(),
                                           walk](absl::StatusOr<storage::QueuePage> page) {
                     self->OnPage(walk, std::move(page));
                   }));
}

void HeldReleaser::OnPage(const std::shared_ptr<Walk>& walk,
                          absl::StatusOr<storage::QueuePage> page) {
  if (!page.ok()) return walk->done(page.status());
  std::vector<storage::RecipientId> ids;
  for (const storage::QueuedRecipient& queued : page->recipients) {
    if (queued.recipient.next_attempt_time <= walk->until) continue;
    ids.push_back({queued.record->email_id, queued.recipient_index});
  }
  walk->query.after = std::move(page->next);
  if (ids.empty()) return GoOn(walk);
  store_.ChangeQueued(
      std::move(ids), storage::QueueChange::kMakeDue, clock_.Now(),
      CallGate::Guard(gate_, [self = shared_from_this(),
                              walk](const absl::StatusOr<storage::ChangedCounts>& counts) {
        if (!counts.ok()) return walk->done(counts.status());
        self->GoOn(walk);
      }));
}

void HeldReleaser::GoOn(const std::shared_ptr<Walk>& walk) {
  if (walk->query.after.empty()) return walk->done(absl::OkStatus());
  ReadOn(walk);
}

}  // namespace mailstrom::server
