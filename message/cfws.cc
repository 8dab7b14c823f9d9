#include "message/cfws.h"

namespace mailstrom::message {
namespace {

bool IsFoldingWhiteSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// The position after the comment that opens at `pos`; `pos` when it never closes.
size_t SkipComment(absl::string_view text, size_t pos) {
  int depth = 0;
  for (size_t i = pos; i < text.size(); ++i) {
    switch (text[i]) {
      case '\\':
        ++i;
        break;
      case '(':
        if (++depth > kMaxCommentDepth) return pos;
        break;
      case ')':
        if (--depth == 0) return i + 1;
        break;
    }
  }
  return pos;
}

}  // namespace

size_t SkipCfws(absl::string_view text, size_t pos) {
  while (pos < text.size()) {
    if (IsFoldingWhiteSpace(text[pos])) {
      ++pos;
    } else if (text[pos] == '(') {
      const size_t end = SkipComment(text, pos);
      if (end == pos) return pos;
      pos = end;
    } else {
      break;
    }
  }
  return pos;
}

}  // namespace mailstrom::message
