#ifndef MAILSTROM_MESSAGE_MESSAGE_H_
#define MAILSTROM_MESSAGE_MESSAGE_H_

// The API of this folder: from what a caller submits to a message that may leave.
// Pure: bytes and values in, bytes and values out.

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/random_source.h"
#include "message/content.h"

namespace mailstrom::message {

// One thing that is wrong with an input.
struct Violation {
  // Path from the input's root, such as `to[1].mailbox.address`; for a raw message, `line 7`.
  std::string field;
  // What is wrong, and what would be right.
  std::string description;
};

// An RFC 5322 message as it goes out: CRLF line ends, ends in CRLF, no bare CR, LF or NUL, no line
// over 998 octets, no Bcc field.
struct Message {
  std::string bytes;
  // Of its Message-ID field, without angle brackets.
  std::string message_id;
  // Has bytes above 127, so the next hop needs 8BITMIME.
  bool is_8bit = false;
  // A header field has bytes above 127, so the next hop needs SMTPUTF8.
  bool needs_smtputf8 = false;
};

// Who is served, as derived from a message: reverse-path from Sender or the only From,
// forward-paths from To, Cc and Bcc, without repetitions.
struct Envelope {
  std::string reverse_path;
  std::vector<std::string> forward_paths;
};

// Where composing takes what is not in the content.
struct ComposeContext {
  absl::Time now;
  // Right-hand side of a Message-ID that is made here: the server's host name.
  std::string host_name;
  // For Message-ID and boundaries.
  RandomSource* random = nullptr;
};

// A message, or, when `violations` is not empty, all that is wrong with the input.
struct Prepared {
  Message message;
  // Empty forward_paths when the message names nobody.
  Envelope envelope;
  std::vector<Violation> violations;
  // What will hurt delivery, although the message is valid.
  std::vector<Violation> warnings;
};

// Composes a message: always 7-bit but for internationalised addresses (RFC 6532).
Prepared Compose(const Content& content, const ComposeContext& context);

// Checks a complete message and repairs it where its meaning is certain: bare LF becomes CRLF, a
// missing Date or Message-ID is added, Bcc is removed. Anything else that is wrong is a violation.
Prepared CheckRaw(std::string raw, const ComposeContext& context);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_MESSAGE_H_
