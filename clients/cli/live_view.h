#ifndef MAILSTROM_CLIENTS_CLI_LIVE_VIEW_H_
#define MAILSTROM_CLIENTS_CLI_LIVE_VIEW_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "mailstrom/v1/email.pb.h"

namespace mailstrom::cli {

struct TerminalSize {
  size_t columns = 80;
  size_t rows = 24;
};

// A table of recipients on a terminal, drawn over itself whenever something changes.
class LiveView {
 public:
  // Draws on `out`, which outlives the view.
  explicit LiveView(std::ostream& out) : out_(out) {}

  // Draws the emails as they stand at `now`, in at most the terminal's rows: when they do not all
  // fit, recipients that are not settled come first. `notice` is a line below the table; empty for
  // none.
  void Draw(absl::Span<const v1::Email> emails, TerminalSize size, absl::Time now,
            const std::string& notice);

 private:
  std::ostream& out_;
  size_t lines_drawn_ = 0;
};

// The lines that LiveView draws, without escape sequences but for the colour of states.
std::vector<std::string> LiveLines(absl::Span<const v1::Email> emails, TerminalSize size,
                                   absl::Time now, const std::string& notice);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_LIVE_VIEW_H_
