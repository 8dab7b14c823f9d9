#include "message/mime_fields.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "message/cfws.h"
#include "message/character_class.h"

namespace mailstrom::message {
namespace {

constexpr size_t kMaxBoundarySize = 70;
// Far more than anybody needs; bounds the search for repetitions.
constexpr size_t kMaxParameters = 100;

absl::Status Error(absl::string_view what) { return absl::InvalidArgumentError(what); }

// Walks over the tokens of a MIME field, comments and white space between them left out.
class Reader {
 public:
  explicit Reader(absl::string_view text) : text_(text) { Skip(); }

  bool AtEnd() const { return pos_ == text_.size(); }

  bool Consume(char c) {
    if (AtEnd() || text_[pos_] != c) return false;
    ++pos_;
    Skip();
    return true;
  }

  // A possibly empty token.
  absl::string_view Token() {
    const size_t begin = pos_;
    while (!AtEnd() && IsTokenChar(text_[pos_])) ++pos_;
    const absl::string_view token = text_.substr(begin, pos_ - begin);
    Skip();
    return token;
  }

  // A token or a quoted string.
  absl::StatusOr<std::string> Value() {
    if (AtEnd() || text_[pos_] != '"') {
      const absl::string_view token = Token();
      if (token.empty()) return Error("a parameter must have a value (RFC 2045 §5.1)");
      return std::string(token);
    }
    std::string value;
    for (++pos_; !AtEnd() && text_[pos_] != '"'; ++pos_) {
      if (text_[pos_] == '\\' && pos_ + 1 < text_.size()) ++pos_;
      if (text_[pos_] != '\r' && text_[pos_] != '\n') value.push_back(text_[pos_]);
    }
    if (AtEnd()) return Error("a quoted string is not closed (RFC 2045 §5.1)");
    ++pos_;
    Skip();
    return value;
  }

 private:
  void Skip() { pos_ = SkipCfws(text_, pos_); }

  absl::string_view text_;
  size_t pos_ = 0;
};

absl::StatusOr<MimeParameter> ReadParameter(Reader& reader) {
  MimeParameter parameter;
  parameter.name = absl::AsciiStrToLower(reader.Token());
  if (parameter.name.empty()) return Error("a parameter must have a name (RFC 2045 §5.1)");
  if (!reader.Consume('=')) {
    return Error(
        absl::StrCat("`=` must follow the parameter ", parameter.name, " (RFC 2045 §5.1)"));
  }
  ASSIGN_OR_RETURN(parameter.value, reader.Value());
  return parameter;
}

}  // namespace

const std::string* ContentType::Find(absl::string_view name) const {
  const auto it = std::find_if(parameters.begin(), parameters.end(),
                               [&](const MimeParameter& p) { return p.name == name; });
  return it == parameters.end() ? nullptr : &it->value;
}

absl::StatusOr<ContentType> ParseContentType(absl::string_view value) {
  Reader reader(value);
  ContentType result;
  result.type = absl::AsciiStrToLower(reader.Token());
  if (result.type.empty() || !reader.Consume('/')) {
    return Error("it must begin with type/subtype (RFC 2045 §5.1)");
  }
  result.subtype = absl::AsciiStrToLower(reader.Token());
  if (result.subtype.empty()) return Error("it must begin with type/subtype (RFC 2045 §5.1)");
  while (reader.Consume(';')) {
    ASSIGN_OR_RETURN(MimeParameter parameter, ReadParameter(reader));
    if (result.Find(parameter.name) != nullptr) {
      return Error(absl::StrCat("the parameter ", parameter.name, " is repeated"));
    }
    if (result.parameters.size() == kMaxParameters) return Error("it has too many parameters");
    result.parameters.push_back(std::move(parameter));
  }
  if (!reader.AtEnd()) return Error("parameters must be separated by `;` (RFC 2045 §5.1)");
  return result;
}

bool IsBoundary(absl::string_view text) {
  if (text.empty() || text.size() > kMaxBoundarySize || text.back() == ' ') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::StrContains("'()+_,-./:=? ", c);
  });
}

DeclaredEncoding ParseDeclaredEncoding(absl::string_view value) {
  Reader reader(value);
  const std::string name = absl::AsciiStrToLower(reader.Token());
  if (!reader.AtEnd()) return DeclaredEncoding::kUnknown;
  if (name == "7bit") return DeclaredEncoding::k7Bit;
  if (name == "8bit") return DeclaredEncoding::k8Bit;
  if (name == "binary") return DeclaredEncoding::kBinary;
  if (name == "quoted-printable") return DeclaredEncoding::kQuotedPrintable;
  if (name == "base64") return DeclaredEncoding::kBase64;
  return DeclaredEncoding::kUnknown;
}

}  // namespace mailstrom::message
