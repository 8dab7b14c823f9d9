#include "clients/cli/bulk/send_progress.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/cli/utf8.h"

namespace mailstrom::cli {
namespace {

constexpr absl::Duration kBarInterval = absl::Milliseconds(100);
constexpr absl::Duration kLineInterval = absl::Seconds(10);
constexpr size_t kMaxBarColumns = 40;

}  // namespace

std::string ProgressText(const SendCounts& counts, absl::Duration elapsed) {
  std::string text = absl::StrCat(counts.done(), " of ", counts.total);
  const double seconds = absl::ToDoubleSeconds(elapsed);
  if (seconds <= 0 || counts.done() == 0) return text;
  const double rate = static_cast<double>(counts.done()) / seconds;
  absl::StrAppend(&text, ", ", std::llround(rate), "/s");
  const int64_t left = counts.total - counts.done();
  if (left > 0) {
    const absl::Duration wait = absl::Seconds(static_cast<double>(left) / rate);
    absl::StrAppend(&text, ", ", absl::FormatDuration(absl::Ceil(wait, absl::Seconds(1))), " left");
  }
  if (counts.refused > 0) absl::StrAppend(&text, ", ", counts.refused, " refused");
  return text;
}

std::string ProgressBar(const SendCounts& counts, absl::Duration elapsed, size_t columns) {
  const std::string text = ProgressText(counts, elapsed);
  // Brackets and a space.
  const size_t taken = text.size() + 3;
  if (columns < taken + 10) return Truncate(text, columns);
  const size_t width = std::min(columns - taken, kMaxBarColumns);
  const size_t full = counts.total == 0
                          ? width
                          : std::min(width, width * static_cast<size_t>(counts.done()) /
                                                static_cast<size_t>(counts.total));
  return absl::StrCat("[", std::string(full, '#'), std::string(width - full, '.'), "] ", text);
}

SendProgress::SendProgress(std::ostream& out,
                           std::function<absl::optional<TerminalSize>()> terminal_size,
                           std::function<absl::Time()> now)
    : out_(out),
      terminal_size_(std::move(terminal_size)),
      now_(std::move(now)),
      start_(now_()),
      shown_(start_) {}

void SendProgress::Start() {
  start_ = now_();
  shown_ = start_;
}

void SendProgress::Update(const SendCounts& counts) {
  const absl::Time now = now_();
  const absl::optional<TerminalSize> size = terminal_size_();
  const bool all = counts.done() == counts.total;
  if (now - shown_ < (size.has_value() ? kBarInterval : kLineInterval) && !(all && size)) return;
  shown_ = now;
  if (size.has_value()) {
    // The last column stays free: a terminal might begin a new line after it.
    out_ << "\r" << ProgressBar(counts, now - start_, size->columns - 1) << "\x1b[K" << std::flush;
    bar_stands_ = true;
  } else {
    out_ << "mailstrom: " << ProgressText(counts, now - start_) << std::endl;
  }
}

void SendProgress::Clear() {
  if (bar_stands_) out_ << "\r\x1b[K" << std::flush;
  bar_stands_ = false;
}

}  // namespace mailstrom::cli
