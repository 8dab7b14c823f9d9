#include "server/metrics/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "grpcpp/grpcpp.h"

namespace mailstrom::server {
namespace {

// Fields of /proc/self/stat behind the name of the program, as proc(5) numbers them less 3.
constexpr size_t kUserTicks = 14 - 3;
constexpr size_t kSystemTicks = 15 - 3;
constexpr size_t kThreads = 20 - 3;
constexpr size_t kStartTicks = 22 - 3;
constexpr size_t kVirtualBytes = 23 - 3;
constexpr size_t kResidentPages = 24 - 3;

std::string ReadProc(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

double Number(absl::string_view text) {
  double number = 0;
  return absl::SimpleAtod(text, &number) ? number : 0;
}

// When the machine started, in seconds since 1970; 0: not known.
double BootSeconds() {
  for (absl::string_view line : absl::StrSplit(ReadProc("/proc/stat"), '\n')) {
    if (absl::StartsWith(line, "btime ")) return Number(line.substr(6));
  }
  return 0;
}

void AddTimesAndMemory(MetricFamilies& families) {
  const std::string stat = ReadProc("/proc/self/stat");
  // The name, in parentheses, may have anything in it.
  const size_t name_end = stat.rfind(") ");
  if (name_end == std::string::npos) return;
  const std::vector<std::string> fields =
      absl::StrSplit(absl::string_view(stat).substr(name_end + 2), ' ');
  if (fields.size() <= kResidentPages) return;
  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  AddCounter(families, "process_cpu_seconds_total", "Processor time, of user and system.",
             (Number(fields[kUserTicks]) + Number(fields[kSystemTicks])) / ticks_per_second);
  AddGauge(families, "process_resident_memory_bytes", "Memory in use.",
           Number(fields[kResidentPages]) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  AddGauge(families, "process_virtual_memory_bytes", "Addresses in use.",
           Number(fields[kVirtualBytes]));
  AddGauge(families, "process_threads", "Threads.", Number(fields[kThreads]));
  if (const double boot = BootSeconds(); boot > 0) {
    AddGauge(families, "process_start_time_seconds", "Start of the process since 1970.",
             boot + Number(fields[kStartTicks]) / ticks_per_second);
  }
}

void AddFiles(MetricFamilies& families) {
  std::error_code error;
  const std::filesystem::directory_iterator open_files("/proc/self/fd", error);
  if (!error) {
    AddGauge(families, "process_open_fds", "Open files and sockets.",
             static_cast<double>(std::distance(begin(open_files), end(open_files))));
  }
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    AddGauge(families, "process_max_fds", "Most open files and sockets.",
             static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace

void AddProcessMetrics(MetricFamilies& families) {
  AddTimesAndMemory(families);
  AddFiles(families);
  families.push_back(MakeFamily("mailstrom_build_info", "Always 1; what the server is built with.",
                                prometheus::MetricType::Gauge));
  AddSample(families.back(), 1, {{"compiler", __VERSION__}, {"grpc_version", grpc::Version()}});
}

}  // namespace mailstrom::server
