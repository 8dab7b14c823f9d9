#include "bench/load/load_result.h"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mailstrom::bench {
namespace {

double Milliseconds(absl::Duration duration) { return absl::ToDoubleMilliseconds(duration); }

double Rate(const LoadResult& result) {
  const double seconds = absl::ToDoubleSeconds(result.elapsed);
  return seconds > 0 ? static_cast<double>(result.latencies.size()) / seconds : 0;
}

double CpuPerEmail(const LoadResult& result) {
  if (result.latencies.empty()) return 0;
  return absl::ToDoubleMicroseconds(result.cpu) / static_cast<double>(result.latencies.size());
}

// Upper bound in microseconds to how many latencies lie below it and not below the one before.
std::map<int64_t, int64_t> Histogram(const std::vector<absl::Duration>& latencies) {
  std::map<int64_t, int64_t> histogram;
  for (const absl::Duration latency : latencies) {
    const double us = std::max(1.0, absl::ToDoubleMicroseconds(latency));
    ++histogram[int64_t{1} << (static_cast<int>(std::log2(us)) + 1)];
  }
  return histogram;
}

std::string JsonString(absl::string_view text) {
  return absl::StrCat("\"", absl::Utf8SafeCEscape(text), "\"");
}

}  // namespace

absl::Duration Percentile(std::vector<absl::Duration>& latencies, double percent) {
  if (latencies.empty()) return absl::ZeroDuration();
  const auto rank =
      static_cast<size_t>(std::ceil(percent / 100 * static_cast<double>(latencies.size())));
  const size_t index = std::clamp<size_t>(rank, 1, latencies.size()) - 1;
  std::nth_element(latencies.begin(), latencies.begin() + static_cast<ptrdiff_t>(index),
                   latencies.end());
  return latencies[index];
}

std::string ToText(LoadResult result) {
  std::string text = absl::StrFormat(
      "%d accepted in %.3f s: %.0f/s; p50 %.2f ms, p99 %.2f ms, max %.2f ms; client CPU %.0f us "
      "each",
      result.latencies.size(), absl::ToDoubleSeconds(result.elapsed), Rate(result),
      Milliseconds(Percentile(result.latencies, 50)),
      Milliseconds(Percentile(result.latencies, 99)),
      Milliseconds(Percentile(result.latencies, 100)), CpuPerEmail(result));
  if (result.failed > 0) {
    absl::StrAppend(&text, "; ", result.failed, " failed: ", result.first_error);
  }
  return text;
}

std::string ToJson(LoadResult result) {
  std::string json = absl::StrFormat(
      "{\"accepted\": %d, \"failed\": %d, \"elapsed_s\": %.6f, \"per_s\": %.1f, \"p50_ms\": %.3f, "
      "\"p90_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f, \"max_ms\": %.3f, "
      "\"client_cpu_us_per_email\": %.1f, \"first_error\": %s, \"below_us\": {",
      result.latencies.size(), result.failed, absl::ToDoubleSeconds(result.elapsed), Rate(result),
      Milliseconds(Percentile(result.latencies, 50)),
      Milliseconds(Percentile(result.latencies, 90)),
      Milliseconds(Percentile(result.latencies, 99)),
      Milliseconds(Percentile(result.latencies, 99.9)),
      Milliseconds(Percentile(result.latencies, 100)), CpuPerEmail(result),
      JsonString(result.first_error));
  absl::string_view separator;
  for (const auto& [bound, count] : Histogram(result.latencies)) {
    absl::StrAppend(&json, separator, "\"", bound, "\": ", count);
    separator = ", ";
  }
  absl::StrAppend(&json, "}}");
  return json;
}

absl::Duration ProcessCpu() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return absl::DurationFromTimeval(usage.ru_utime) + absl::DurationFromTimeval(usage.ru_stime);
}

}  // namespace mailstrom::bench
