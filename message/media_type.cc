#include "message/media_type.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "message/character_class.h"

namespace mailstrom::message {
namespace {

absl::Status Error(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(why, " (RFC 2045 §5.1)"));
}

void SkipSpace(absl::string_view& text) {
  while (!text.empty() && IsWsp(text.front())) text.remove_prefix(1);
}

// Takes a token from the front of `text`, in lower case; empty when there is none.
std::string TakeToken(absl::string_view& text) {
  size_t size = 0;
  while (size < text.size() && IsTokenChar(text[size])) ++size;
  std::string token = absl::AsciiStrToLower(text.substr(0, size));
  text.remove_prefix(size);
  return token;
}

// Takes a token, case kept, or a quoted-string from the front of `text`.
absl::StatusOr<std::string> TakeValue(absl::string_view& text) {
  std::string value;
  if (text.empty() || text.front() != '"') {
    while (!text.empty() && IsTokenChar(text.front())) {
      value.push_back(text.front());
      text.remove_prefix(1);
    }
    if (value.empty()) return Error("a parameter has no value");
    return value;
  }
  for (text.remove_prefix(1); !text.empty(); text.remove_prefix(1)) {
    if (text.front() == '"') {
      text.remove_prefix(1);
      return value;
    }
    if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
    if (!IsVchar(text.front()) && text.front() != ' ') {
      return Error("a parameter's value is printable ASCII");
    }
    value.push_back(text.front());
  }
  return Error("a quoted parameter does not end");
}

absl::Status TakeParameter(absl::string_view& text, MediaType& media_type) {
  std::string name = TakeToken(text);
  if (name.empty()) return Error("a parameter has no name");
  if (name.find('*') != std::string::npos) {
    return Error("give a parameter plainly: it is encoded where it has to be");
  }
  if (media_type.has_parameter(name)) return Error("a parameter is given twice");
  SkipSpace(text);
  if (text.empty() || text.front() != '=') return Error("a parameter lacks `=`");
  text.remove_prefix(1);
  SkipSpace(text);
  ASSIGN_OR_RETURN(std::string value, TakeValue(text));
  media_type.parameters.emplace_back(std::move(name), std::move(value));
  return absl::OkStatus();
}

}  // namespace

bool MediaType::has_parameter(absl::string_view name) const {
  return std::any_of(parameters.begin(), parameters.end(),
                     [name](const auto& parameter) { return parameter.first == name; });
}

bool MediaType::is_7bit_only() const {
  return type == "message" &&
         (subtype == "rfc822" || subtype == "partial" || subtype == "external-body");
}

absl::StatusOr<MediaType> ParseMediaType(absl::string_view text) {
  MediaType media_type;
  media_type.type = TakeToken(text);
  if (media_type.type.empty() || text.empty() || text.front() != '/') {
    return Error("a media type is `type/subtype`");
  }
  text.remove_prefix(1);
  media_type.subtype = TakeToken(text);
  if (media_type.subtype.empty()) return Error("a media type is `type/subtype`");
  for (SkipSpace(text); !text.empty(); SkipSpace(text)) {
    if (text.front() != ';') return Error("parameters are separated by semicolons");
    text.remove_prefix(1);
    SkipSpace(text);
    RETURN_IF_ERROR(TakeParameter(text, media_type));
  }
  return media_type;
}

}  // namespace mailstrom::message
