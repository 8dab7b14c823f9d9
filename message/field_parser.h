#ifndef MAILSTROM_MESSAGE_FIELD_PARSER_H_
#define MAILSTROM_MESSAGE_FIELD_PARSER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace mailstrom::message {

// A header with more fields than this is malformed.
inline constexpr size_t kMaxHeaderFields = 2000;
// Later problems of the same header are not told.
inline constexpr size_t kMaxHeaderProblems = 32;

// One header field. All views point into the parsed bytes.
struct Field {
  // As written, without the colon and without obsolete white space before it.
  absl::string_view name;
  // All after the colon, folding included, without the last line end.
  absl::string_view value;
  // The whole field, with its last line end.
  absl::string_view bytes;
  // Of its first line, counted from 1 at the start of the header.
  size_t line = 0;

  bool Is(absl::string_view other_name) const;
};

struct HeaderProblem {
  size_t line = 0;
  std::string description;
};

// The header at the start of a message or of a MIME part.
struct HeaderBlock {
  std::vector<Field> fields;
  // What RFC 5322 does not let anybody generate: lines that belong to no field, obsolete white
  // space before a colon, continuation lines of nothing but white space.
  std::vector<HeaderProblem> problems;
  // Up to the empty line that ends the header, without it.
  size_t fields_size = 0;
  // With that empty line; equal to fields_size when the text ends first.
  size_t size = 0;

  // The first field of that name, or null.
  const Field* Find(absl::string_view name) const;
};

// Splits the header at the start of `bytes` into fields (RFC 5322 §2.2), in one pass and without
// copies. Lines end in CRLF or LF; a last line without an end counts too. Lines that belong to no
// field are in no field's bytes.
HeaderBlock ParseHeaderBlock(absl::string_view bytes);

// `value` on one line: every line end that white space follows is removed (RFC 5322 §2.2.3), white
// space at both ends too.
std::string Unfold(absl::string_view value);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_FIELD_PARSER_H_
