#include "base/random_source.h"

#include "absl/random/random.h"

namespace mailstrom {

uint64_t SystemRandomSource::Next() {
  // One generator a thread, each seeded from the kernel: no lock, and no shared state.
  thread_local absl::BitGen generator;
  return absl::Uniform<uint64_t>(generator);
}

}  // namespace mailstrom
