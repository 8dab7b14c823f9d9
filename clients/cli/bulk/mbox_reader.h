#ifndef MAILSTROM_CLIENTS_CLI_BULK_MBOX_READER_H_
#define MAILSTROM_CLIENTS_CLI_BULK_MBOX_READER_H_

#include <cstdint>
#include <istream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mailstrom::cli {

// Reads a mailbox file (RFC 4155) message by message, with the quoting of mboxrd: of lines that are
// `From ` after one or more `>`, one `>` is removed. A message begins at a line with `From ` at the
// beginning of the file or after an empty line. Holds one message.
class MboxReader {
 public:
  static constexpr size_t kMaxMessageBytes = size_t{64} << 20;

  // `in` must outlive this.
  explicit MboxReader(std::istream& in, size_t max_message_bytes = kMaxMessageBytes)
      : in_(in), max_message_bytes_(max_message_bytes) {}

  // The next message with line ends as they are in the file, without the `From ` line and the empty
  // line before the next one; false after the last. ResourceExhausted: it is larger than it may be;
  // the one after it can be read. InvalidArgument: this is no mailbox file.
  absl::StatusOr<bool> Next(std::string& message);

  // Where the message last read, its `From ` line, or the error is; counted from 1.
  int64_t line() const { return line_; }

 private:
  // The next line with its end, at most a megabyte of it; false at the end of the file.
  bool TakeLine(std::string& text);

  std::istream& in_;
  const size_t max_message_bytes_;
  int64_t line_ = 0;
  int64_t lines_taken_ = 0;
  // The last line was cut, and goes on.
  bool continued_ = false;
  // A `From ` line has been taken.
  bool begun_ = false;
  int64_t begun_line_ = 0;
};

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_BULK_MBOX_READER_H_
