#ifndef MAILSTROM_MESSAGE_CFWS_H_
#define MAILSTROM_MESSAGE_CFWS_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace mailstrom::message {

// Comments nested deeper than this count as malformed.
inline constexpr int kMaxCommentDepth = 32;

// The position after the comments and folding white space (CFWS, RFC 5322 §3.2.2) of `text` at
// `pos`; `pos` itself when there are none. A comment that does not close is no CFWS: the answer is
// then the position of its parenthesis. CR and LF count as white space wherever they stand.
size_t SkipCfws(absl::string_view text, size_t pos);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_CFWS_H_
