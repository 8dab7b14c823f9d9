#ifndef MAILSTROM_STORAGE_DATABASE_LISTENER_H_
#define MAILSTROM_STORAGE_DATABASE_LISTENER_H_

#include <memory>

#include "rocksdb/listener.h"
#include "storage/failpoint.h"

namespace mailstrom::storage {

// What every open database is watched by. It keeps RocksDB from recovering by itself (after a
// failed write to the log it might go on behind the damage, and with atomic flushes on a full disk
// its recovery can wait for itself for ever; such a database is opened anew instead, see
// Database::Recover), and says when files come and go.
std::shared_ptr<rocksdb::EventListener> NewDatabaseListener(Failpoints failpoints);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_DATABASE_LISTENER_H_
