#include "clients/cli/top_command.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cli/failure.h"
#include "clients/cli/json.h"
#include "clients/cli/queue_text.h"
#include "clients/cli/utf8.h"

namespace mailstrom::cli {
namespace {

constexpr absl::Duration kShortestInterval = absl::Milliseconds(100);
constexpr absl::Duration kDefaultInterval = absl::Seconds(2);
// Where there is no terminal there is room for all.
constexpr size_t kRowsElsewhere = 1000;
constexpr int kMaxSites = 1000;

// Over what was drawn before.
void Draw(const std::vector<std::string>& lines, std::ostream& out) {
  std::string text = "\x1b[H";
  // Cleared first, for behind a line as long as the terminal is wide its last character would go.
  for (const std::string& line : lines) absl::StrAppend(&text, "\x1b[K", line, "\n");
  absl::StrAppend(&text, "\x1b[J");
  out << text << std::flush;
}

}  // namespace

ExitCode RunTop(const Arguments& arguments, AdminClient& client, const std::string& server,
                const Environment& environment) {
  const bool json = arguments.Has("json");
  absl::Duration interval = kDefaultInterval;
  if (arguments.Has("interval") && (!absl::ParseDuration(arguments.Get("interval"), &interval) ||
                                    interval < kShortestInterval)) {
    return UsageError(absl::InvalidArgumentError("--interval is no duration such as 2s"), "top",
                      json, environment);
  }
  bool cleared = false;
  std::vector<std::string> shown;
  while (true) {
    const absl::optional<TerminalSize> terminal =
        arguments.Has("once") || json ? absl::nullopt : environment.terminal_size();
    // It was one, and is gone.
    if (cleared && !terminal.has_value()) return ExitCode::kOk;
    admin::v1::SummarizeQueueRequest request;
    request.set_max_sites(
        terminal.has_value() ? std::clamp(static_cast<int>(terminal->rows), 1, kMaxSites) : 50);
    const auto summary = client.Call(&AdminClient::Stub::SummarizeQueue, request);
    if (!summary.ok() && (!absl::IsUnavailable(summary.status()) || shown.empty())) {
      return CallError(summary.status(), server, json, environment);
    }
    if (summary.ok() && json) {
      environment.out << ToJson(*summary) << "\n";
      return ExitCode::kOk;
    }
    if (summary.ok()) {
      shown = TopLines(*summary, terminal.value_or(TerminalSize{80, kRowsElsewhere}), absl::Now());
    }
    if (!terminal.has_value()) {
      for (const std::string& line : shown) environment.out << line << "\n";
      return ExitCode::kOk;
    }
    if (!cleared) environment.out << "\x1b[2J";
    cleared = true;
    std::vector<std::string> lines = shown;
    if (!summary.ok()) {
      lines.front() =
          Truncate(absl::StrCat("no answer: ", Printable(std::string(summary.status().message()))),
                   terminal->columns);
    }
    Draw(lines, environment.out);
    environment.sleep(interval);
  }
}

}  // namespace mailstrom::cli
