#ifndef MAILSTROM_STORAGE_MEMORY_STORE_H_
#define MAILSTROM_STORAGE_MEMORY_STORE_H_

#include <memory>

#include "storage/store.h"

namespace mailstrom::storage {

// A store that keeps everything in memory: for tests, and for those who accept that a restart loses
// the queue. Grows with what it is given; forgets contents, old dialogues and expired keys only.
std::unique_ptr<Store> NewMemoryStore(StoreLimits limits = {});

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_MEMORY_STORE_H_
