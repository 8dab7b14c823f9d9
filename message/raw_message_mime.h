#ifndef MAILSTROM_MESSAGE_RAW_MESSAGE_MIME_H_
#define MAILSTROM_MESSAGE_RAW_MESSAGE_MIME_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "message/message.h"
#include "message/mime_parser.h"

namespace mailstrom::message {

struct MimeFindings {
  // A header field of the message, of a part or of a message in it has bytes above 127; fields that
  // will not leave do not count.
  bool has_8bit_header = false;
  std::vector<Violation> violations;
};

// Checks what a message declares of its body (RFC 2045, RFC 2046): structure, encodings, and that
// 8-bit content is declared as such. `tree` is that of `message`. A message within it was written
// by somebody else, so of it only the 8-bit content is checked.
MimeFindings CheckMime(absl::string_view message, const MimeTree& tree);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_RAW_MESSAGE_MIME_H_
