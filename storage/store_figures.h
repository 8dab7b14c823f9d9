#ifndef MAILSTROM_STORAGE_STORE_FIGURES_H_
#define MAILSTROM_STORAGE_STORE_FIGURES_H_

#include <atomic>
#include <cstdint>

#include "base/atomic_histogram.h"

namespace mailstrom::storage {

// How long the disk took, in seconds, of each write that callers wait for; a write has the work of
// all who came together.
struct WriteTimes {
  // From a fast disk's cache to one that is about to fail.
  AtomicHistogram write = AtomicHistogram(
      {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5});
  // The part of it that was spent on syncs.
  AtomicHistogram sync = AtomicHistogram(
      {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5});
};

// Reads and writes of the disk that failed, since the store was opened, for whatever reason but
// that a record is not there.
struct StoreFailures {
  std::atomic<int64_t> reads = 0;
  std::atomic<int64_t> writes = 0;
};

// What the store has in memory, in bytes.
struct StoreMemory {
  // Changes not yet written into sorted files.
  uint64_t memtables = 0;
  // Blocks read from disk.
  uint64_t block_cache = 0;
  // What is kept of open files besides.
  uint64_t table_readers = 0;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_STORE_FIGURES_H_
