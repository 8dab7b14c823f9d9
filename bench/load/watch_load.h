#ifndef MAILSTROM_BENCH_LOAD_WATCH_LOAD_H_
#define MAILSTROM_BENCH_LOAD_WATCH_LOAD_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "bench/load/load_run.h"

namespace mailstrom::bench {

struct WatchOptions {
  // Streams open at the same time.
  int watchers = 1;
  // Watcher n sees the emails of group n % `groups` (see LoadShape); 0: each sees all.
  int groups = 0;
};

// WatchStatus streams that read all they get. Thread-safe.
class WatchLoad {
 public:
  // Opens them, over `stubs` in turn.
  WatchLoad(const std::vector<std::unique_ptr<Stub>>& stubs, const WatchOptions& options);
  // Ends them.
  ~WatchLoad();

  // Events that all watchers together got so far.
  int64_t events() const;
  // Streams that have ended although nobody ended them.
  int broken() const;

 private:
  class Watcher;

  std::vector<std::unique_ptr<Watcher>> watchers_;
};

}  // namespace mailstrom::bench

#endif  // MAILSTROM_BENCH_LOAD_WATCH_LOAD_H_
