#ifndef MAILSTROM_BENCH_LOAD_LOAD_RESULT_H_
#define MAILSTROM_BENCH_LOAD_LOAD_RESULT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace mailstrom::bench {

// What a run measured.
struct LoadResult {
  // From the first call to the last answer.
  absl::Duration elapsed;
  // One for each accepted email, in no order: from the moment it was due to be sent to its answer.
  std::vector<absl::Duration> latencies;
  int64_t failed = 0;
  // Of the first failure.
  std::string first_error;
  // CPU time of this process, user and system, while the run lasted.
  absl::Duration cpu;
};

// The value that `percent` of the latencies do not exceed; zero when there are none. Reorders
// them.
absl::Duration Percentile(std::vector<absl::Duration>& latencies, double percent);

// One line for people: rate, percentiles, failures, own CPU per email.
std::string ToText(LoadResult result);

// The same for programs, as one JSON object, with a histogram: how many latencies lie below each
// power of two of microseconds.
std::string ToJson(LoadResult result);

// CPU time of this process so far.
absl::Duration ProcessCpu();

}  // namespace mailstrom::bench

#endif  // MAILSTROM_BENCH_LOAD_LOAD_RESULT_H_
