#ifndef MAILSTROM_MESSAGE_CONTENT_CHECKER_H_
#define MAILSTROM_MESSAGE_CONTENT_CHECKER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "message/content.h"
#include "message/message.h"

namespace mailstrom::message {

// Limits on single values, in octets of UTF-8. Bodies and attachments are bounded by whoever bounds
// the message.
inline constexpr size_t kMaxDisplayNameBytes = 1024;
inline constexpr size_t kMaxSubjectBytes = 4096;
inline constexpr size_t kMaxFileNameBytes = 1024;
inline constexpr size_t kMaxContentTypeBytes = 512;
inline constexpr size_t kMaxFieldNameBytes = 76;
inline constexpr size_t kMaxFieldValueBytes = 32768;
inline constexpr size_t kMaxUriBytes = 900;
// Above it a subject is valid and will be cut or frowned upon, in characters.
inline constexpr size_t kLongSubjectCharacters = 200;

struct ContentReport {
  std::vector<Violation> violations;
  std::vector<Violation> warnings;
};

// Everything that is wrong with `content`, in the order of its fields: what no message can hold,
// what RFC 5322 or MIME forbids, and what would smuggle a line into the header. Fields are named as
// in the public API, such as `to[1].mailbox.address`. Composing relies on an empty `violations`.
ContentReport CheckContent(const Content& content, absl::Time now);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_CONTENT_CHECKER_H_
