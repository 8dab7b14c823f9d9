#include "message/address.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "message/character_class.h"
#include "message/domain.h"
#include "message/utf8.h"

namespace mailstrom::message {
namespace {

constexpr size_t kMaxLocalPartBytes = 64;
// 256 with the angle brackets (RFC 5321 §4.5.3.1.3).
constexpr size_t kMaxPathBytes = 254;

absl::Status ErrorAt(size_t pos, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("at octet ", pos + 1, ": ", why));
}

// The length of the dot-string (RFC 5321 §4.1.2) with which `text` begins, up to its `@`.
absl::StatusOr<size_t> ScanDotString(absl::string_view text) {
  size_t pos = 0;
  for (bool in_atom = false;; ++pos) {
    const char c = pos < text.size() ? text[pos] : '@';
    if (c == '.' || c == '@') {
      if (!in_atom) {
        return ErrorAt(pos, pos == 0 ? "the local-part is empty or begins with a dot (RFC 5321 "
                                       "§4.1.2)"
                                     : "two dots in a row, or one at the end of the local-part "
                                       "(RFC 5321 §4.1.2)");
      }
      in_atom = false;
      if (c == '@') break;
    } else if (IsAtext(c) || IsUtf8Byte(c)) {
      in_atom = true;
    } else {
      return ErrorAt(pos, "not allowed in a local-part without quotes (RFC 5321 §4.1.2)");
    }
  }
  return pos;
}

// The length of the quoted-string (RFC 5321 §4.1.2) with which `text` begins; its content goes to
// `content`.
absl::StatusOr<size_t> ScanQuotedString(absl::string_view text, std::string& content) {
  for (size_t pos = 1; pos < text.size(); ++pos) {
    char c = text[pos];
    if (c == '"') return pos + 1;
    if (c == '\\' && ++pos < text.size()) {
      c = text[pos];
      if (IsUtf8Byte(c)) return ErrorAt(pos, "a backslash quotes ASCII only (RFC 5321 §4.1.2)");
    }
    if (IsControl(c)) return ErrorAt(pos, "control character (RFC 5321 §4.1.2)");
    content.push_back(c);
  }
  return ErrorAt(text.size(), "the quoted string does not end (RFC 5321 §4.1.2)");
}

absl::StatusOr<std::string> NormalizeAnyDomain(absl::string_view domain) {
  return !domain.empty() && domain.front() == '[' ? NormalizeAddressLiteral(domain)
                                                  : NormalizeDomain(domain);
}

}  // namespace

bool AddrSpec::has_utf8_local_part() const { return !IsAscii(local_part); }

bool AddrSpec::has_domain_literal() const { return !domain.empty() && domain.front() == '['; }

std::string AddrSpec::ToString() const { return absl::StrCat(local_part, "@", domain); }

std::string QuoteLocalPart(absl::string_view content) {
  const absl::StatusOr<size_t> dot_string = ScanDotString(content);
  if (dot_string.ok() && *dot_string == content.size()) return std::string(content);
  std::string quoted = "\"";
  for (const char c : content) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  quoted.push_back('"');
  return quoted;
}

absl::Status CheckAddrSpecLength(const AddrSpec& addr_spec) {
  if (addr_spec.local_part.size() > kMaxLocalPartBytes) {
    return absl::InvalidArgumentError("the local-part is over 64 octets (RFC 5321 §4.5.3.1.1)");
  }
  if (addr_spec.local_part.size() + 1 + addr_spec.domain.size() > kMaxPathBytes) {
    return absl::InvalidArgumentError("the address is over 254 octets (RFC 5321 §4.5.3.1.3)");
  }
  return absl::OkStatus();
}

absl::StatusOr<AddrSpec> ParseAddrSpec(absl::string_view text) {
  if (text.empty()) return absl::InvalidArgumentError("the address is empty");
  if (!IsValidUtf8(text)) return absl::InvalidArgumentError("the address is not valid UTF-8");
  AddrSpec addr_spec;
  size_t at = 0;
  if (text.front() == '"') {
    std::string content;
    absl::StatusOr<size_t> length = ScanQuotedString(text, content);
    if (!length.ok()) return length.status();
    at = *length;
    addr_spec.local_part = QuoteLocalPart(content);
  } else {
    absl::StatusOr<size_t> length = ScanDotString(text);
    if (!length.ok()) return length.status();
    at = *length;
    addr_spec.local_part = std::string(text.substr(0, at));
  }
  if (at >= text.size() || text[at] != '@') {
    return ErrorAt(at, "`@` is missing (RFC 5321 §4.1.2)");
  }
  absl::StatusOr<std::string> domain = NormalizeAnyDomain(text.substr(at + 1));
  if (!domain.ok()) return ErrorAt(at + 1, domain.status().message());
  addr_spec.domain = *std::move(domain);
  if (absl::Status status = CheckAddrSpecLength(addr_spec); !status.ok()) return status;
  return addr_spec;
}

}  // namespace mailstrom::message
