#ifndef MAILSTROM_STORAGE_MEMORY_STORE_H_
#define MAILSTROM_STORAGE_MEMORY_STORE_H_

#include <memory>

#include "storage/store.h"

namespace mailstrom::storage {

// A store that keeps everything in memory: for tests, and for those who accept that a restart loses
// the queue. Grows with what it is given and forgets nothing but contents.
std::unique_ptr<Store> NewMemoryStore();

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_MEMORY_STORE_H_
