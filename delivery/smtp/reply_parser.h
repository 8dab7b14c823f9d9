#ifndef MAILSTROM_DELIVERY_SMTP_REPLY_PARSER_H_
#define MAILSTROM_DELIVERY_SMTP_REPLY_PARSER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mailstrom::delivery::smtp {

// A server's reply (RFC 5321 §4.2).
struct Reply {
  // 200 to 599.
  int code = 0;
  // "4.7.1" (RFC 3463) when the first line starts with one that fits the code; else empty.
  std::string enhanced_code;
  // Texts of its lines, enhanced codes removed. Whatever bytes the server sent, but for line ends.
  std::vector<std::string> lines;
};

// What a reply may measure at most. Far above what RFC 5321 §4.5.3.1 allows a server.
struct ReplyLimits {
  // Of one line, with its code and line end.
  size_t line_bytes = 4096;
  size_t line_count = 256;
  // Of a whole reply.
  size_t total_bytes = 65536;
};

// Takes bytes in pieces of any size and gives whole replies. Holds no more than one reply within
// the limits and the bytes last fed.
class ReplyParser {
 public:
  explicit ReplyParser(ReplyLimits limits = ReplyLimits()) : limits_(limits) {}

  void Feed(absl::string_view bytes);

  // The next whole reply; nothing when more bytes are needed.
  // InvalidArgument: this is no SMTP, or beyond the limits. Stays so.
  absl::StatusOr<std::optional<Reply>> Next();

  // Bytes are left that belong to no reply given out so far.
  bool has_pending() const { return begin_ < buffer_.size() || !reply_.lines.empty(); }

  // Forgets bytes not yet given out.
  void Discard();

 private:
  absl::Status TakeLine(absl::string_view line);
  absl::Status Fail(absl::string_view why);

  const ReplyLimits limits_;
  std::string buffer_;
  // Start of the first line not yet taken, and where to look for its end.
  size_t begin_ = 0;
  size_t searched_ = 0;
  // Lines of an unfinished reply.
  Reply reply_;
  size_t reply_bytes_ = 0;
  bool complete_ = false;
  absl::Status error_;
};

}  // namespace mailstrom::delivery::smtp

#endif  // MAILSTROM_DELIVERY_SMTP_REPLY_PARSER_H_
