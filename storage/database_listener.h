#ifndef MAILSTROM_STORAGE_DATABASE_LISTENER_H_
#define MAILSTROM_STORAGE_DATABASE_LISTENER_H_

#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "rocksdb/listener.h"
#include "storage/failpoint.h"

namespace mailstrom::storage {

// What every open database is watched by. It keeps RocksDB from recovering by itself (after a
// failed write to the log it might go on behind the damage, and with atomic flushes on a full disk
// its recovery can wait for itself for ever; such a database is opened anew instead, see
// Database::Recover), and says when files come and go. `on_log_synced` is told how long each sync
// of the write-ahead log took, on the thread that waits for it.
std::shared_ptr<rocksdb::EventListener> NewDatabaseListener(
    Failpoints failpoints, std::function<void(absl::Duration)> on_log_synced);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_DATABASE_LISTENER_H_
