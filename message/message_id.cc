#include "message/message_id.h"

#include <algorithm>
#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "message/cfws.h"
#include "message/character_class.h"

namespace mailstrom::message {
namespace {

absl::Status Error(absl::string_view what) { return absl::InvalidArgumentError(what); }

bool IsDotAtom(absl::string_view text) {
  bool in_atom = false;
  for (const char c : text) {
    if (c == '.') {
      if (!in_atom) return false;
      in_atom = false;
    } else if (IsAtext(c) || IsUtf8Byte(c)) {
      in_atom = true;
    } else {
      return false;
    }
  }
  return in_atom;
}

bool IsQuotedString(absl::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
  text = text.substr(1, text.size() - 2);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') return false;
    if (text[i] == '\\' && ++i == text.size()) return false;
    if (!IsVchar(text[i]) && !IsWsp(text[i]) && !IsUtf8Byte(text[i])) return false;
  }
  return true;
}

bool IsNoFoldLiteral(absl::string_view text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return false;
  text = text.substr(1, text.size() - 2);
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (IsVchar(c) || IsUtf8Byte(c)) && c != '[' && c != ']' && c != '\\';
  });
}

}  // namespace

absl::Status CheckMessageId(absl::string_view id) {
  // A quoted left side may have an `@` of its own, the right side may not.
  const size_t at = id.rfind('@');
  if (at == absl::string_view::npos) return Error("an identifier must have an `@`");
  const absl::string_view left = id.substr(0, at);
  const absl::string_view right = id.substr(at + 1);
  if (!IsDotAtom(left) && !IsQuotedString(left)) {
    return Error("left of the `@` must stand words joined by dots");
  }
  if (!IsDotAtom(right) && !IsNoFoldLiteral(right)) {
    return Error("right of the `@` must stand words joined by dots, or a literal in brackets");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ParseMessageId(absl::string_view value) {
  const size_t begin = SkipCfws(value, 0);
  if (begin == value.size() || value[begin] != '<') {
    return Error("an identifier in angle brackets must stand here");
  }
  const size_t end = value.find('>', begin);
  if (end == absl::string_view::npos) return Error("the angle bracket is not closed");
  if (SkipCfws(value, end + 1) != value.size()) {
    return Error("nothing but comments may follow the identifier");
  }
  const absl::string_view id = value.substr(begin + 1, end - begin - 1);
  RETURN_IF_ERROR(CheckMessageId(id));
  return std::string(id);
}

std::string MakeMessageId(absl::Time now, absl::string_view host_name, RandomSource& random) {
  return absl::StrCat(absl::Hex(absl::ToUnixMillis(now)), ".",
                      absl::Hex(random.Next(), absl::kZeroPad16), "@", host_name);
}

}  // namespace mailstrom::message
