#ifndef MAILSTROM_MESSAGE_MIME_PARSER_H_
#define MAILSTROM_MESSAGE_MIME_PARSER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "message/field_parser.h"
#include "message/mime_fields.h"

namespace mailstrom::message {

// Bounds of what is parsed; what lies beyond is content of the part around it.
inline constexpr int kMaxMimeDepth = 50;
inline constexpr size_t kMaxMimeParts = 10000;
inline constexpr size_t kMaxMimeProblems = 32;

// One entity of a message: the message itself, a part of a multipart, or a message in a message.
// Offsets count from the start of the parsed bytes.
struct MimePart {
  enum class Kind { kLeaf, kMultipart, kMessage };

  static constexpr size_t kNoParent = static_cast<size_t>(-1);
  size_t parent = kNoParent;
  // Of parents.
  int depth = 0;
  // Lies within a message that is itself a part, so that its sender may be somebody else.
  bool is_embedded = false;
  // kMessage has one child, kMultipart any number.
  Kind kind = Kind::kLeaf;
  ContentType content_type;
  DeclaredEncoding encoding = DeclaredEncoding::k7Bit;
  HeaderBlock header;
  // Of its first header line, counted from 1.
  size_t line = 1;
  size_t begin = 0;
  // After the empty line that ends the header.
  size_t body_begin = 0;
  // Without the line end that belongs to the delimiter after it (RFC 2046 §5.1.1).
  size_t body_end = 0;
  // kMultipart only: body_begin to preamble_end, and epilogue_begin to body_end, hold text that no
  // reader shows.
  size_t preamble_end = 0;
  size_t epilogue_begin = 0;

  // The line of `field` of this part's header, counted as `line` is.
  size_t LineOf(const Field& field) const { return line + field.line - 1; }
};

struct MimeProblem {
  size_t part = 0;
  size_t line = 0;
  std::string description;
};

struct MimeTree {
  // Parents before children, in the order of the message; never empty.
  std::vector<MimePart> parts;
  std::vector<MimeProblem> problems;
};

// Finds the structure of `message` (RFC 2045, RFC 2046) in one pass, without copying content; the
// tree has views into `message`. Always gives a tree: what is malformed is a leaf and a problem.
// The problems of the outermost header are left to whoever checks it.
MimeTree ParseMime(absl::string_view message);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_MIME_PARSER_H_
