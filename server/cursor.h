#ifndef MAILSTROM_SERVER_CURSOR_H_
#define MAILSTROM_SERVER_CURSOR_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mailstrom::server {

// Where a watch stands.
struct Cursor {
  // Store::LogId of the event log that `sequence` counts in.
  std::string log_id;
  // Everything of the log up to here has been reported.
  int64_t sequence = 0;
  // So many of the watch's `email_ids` have been reported as snapshots.
  int snapshots = 0;
};

// The form that callers keep. Opaque to them.
std::string FormatCursor(const Cursor& cursor);

// InvalidArgument: FormatCursor did not make it.
absl::StatusOr<Cursor> ParseCursor(absl::string_view text);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_CURSOR_H_
