#ifndef MAILSTROM_CLIENTS_CLI_BULK_SEND_PROGRESS_H_
#define MAILSTROM_CLIENTS_CLI_BULK_SEND_PROGRESS_H_

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "clients/cli/live_view.h"

namespace mailstrom::cli {

// How far the sending of many emails has got.
struct SendCounts {
  int64_t total = 0;
  int64_t accepted = 0;
  // Of those accepted, by an earlier run.
  int64_t accepted_before = 0;
  int64_t refused = 0;
  int64_t skipped = 0;

  int64_t done() const { return accepted + refused + skipped; }
};

// `1200 of 5000, 830/s, 5s left`, the rate being that of all that was sent.
std::string ProgressText(const SendCounts& counts, absl::Duration elapsed);

// The same behind a bar, in one line of a terminal.
std::string ProgressBar(const SendCounts& counts, absl::Duration elapsed, size_t columns);

// Shows the progress: on a terminal as a bar ten times a second, elsewhere as a line every ten
// seconds.
class SendProgress {
 public:
  // `terminal_size`: nullopt when `out` is none.
  SendProgress(std::ostream& out, std::function<absl::optional<TerminalSize>()> terminal_size,
               std::function<absl::Time()> now);

  // What follows is what the rate is of; until then, it is counted from the beginning.
  void Start();
  // Shows `counts` if it is time to.
  void Update(const SendCounts& counts);
  // Makes room for other lines.
  void Clear();
  absl::Duration elapsed() const { return now_() - start_; }

 private:
  std::ostream& out_;
  const std::function<absl::optional<TerminalSize>()> terminal_size_;
  const std::function<absl::Time()> now_;
  absl::Time start_;
  absl::Time shown_;
  bool bar_stands_ = false;
};

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_BULK_SEND_PROGRESS_H_
