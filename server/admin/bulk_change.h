#ifndef MAILSTROM_SERVER_ADMIN_BULK_CHANGE_H_
#define MAILSTROM_SERVER_ADMIN_BULK_CHANGE_H_

#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "delivery/control.h"
#include "storage/store.h"

namespace mailstrom::server {

struct BulkChanged {
  storage::ChangedCounts counts;
  // Where to go on; empty when nothing is left.
  std::string next;
};

// Changes one page of what `query` chooses; its page_size bounds the work. With kMakeDue the sites
// of the recipients are tried again, too; with kCancel an email whose only recipient is claimed is
// cancelled as soon as its attempt ends, and that is durable before `done` runs. What is changed
// stays so when a later step fails. `done` runs on a thread of the store.
void ChangeQueue(storage::Store& store, delivery::Control& control, const Clock& clock,
                 storage::QueueQuery query, storage::QueueChange change,
                 absl::AnyInvocable<void(absl::StatusOr<BulkChanged>)> done);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_ADMIN_BULK_CHANGE_H_
