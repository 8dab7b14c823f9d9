#include "message/domain.h"

#include <arpa/inet.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "message/idna.h"
#include "message/utf8.h"

namespace mailstrom::message {
namespace {

constexpr size_t kMaxDomainBytes = 255;
constexpr size_t kMaxLabelBytes = 63;

absl::Status CheckLabel(absl::string_view label) {
  if (label.empty()) {
    return absl::InvalidArgumentError("a label of the domain is empty (RFC 5321 §4.1.2)");
  }
  if (label.size() > kMaxLabelBytes) {
    return absl::InvalidArgumentError("a label of the domain is over 63 octets (RFC 1035 §2.3.4)");
  }
  for (const char c : label) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-') {
      return absl::InvalidArgumentError(
          "a domain has only letters, digits, hyphens and dots (RFC 5321 §4.1.2)");
    }
  }
  if (label.front() == '-' || label.back() == '-') {
    return absl::InvalidArgumentError(
        "a label of the domain begins or ends with a hyphen (RFC 5321 §4.1.2)");
  }
  return absl::OkStatus();
}

absl::Status CheckAsciiDomain(absl::string_view domain) {
  if (domain.size() > kMaxDomainBytes) {
    return absl::InvalidArgumentError("the domain is over 255 octets (RFC 5321 §4.5.3.1.2)");
  }
  absl::string_view label;
  for (absl::string_view next : absl::StrSplit(domain, '.')) {
    label = next;
    if (absl::Status status = CheckLabel(label); !status.ok()) return status;
  }
  if (std::all_of(label.begin(), label.end(), absl::ascii_isdigit)) {
    return absl::InvalidArgumentError(
        "the last label is all digits (RFC 1123 §2.1); an IP address stands in brackets");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> NormalizeDomain(absl::string_view domain) {
  if (domain.empty()) return absl::InvalidArgumentError("the domain is empty (RFC 5321 §4.1.2)");
  std::string ascii;
  if (IsAscii(domain)) {
    ascii = absl::AsciiStrToLower(domain);
  } else {
    absl::StatusOr<std::string> converted = DomainToAscii(domain);
    if (!converted.ok()) return converted.status();
    ascii = *std::move(converted);
  }
  if (absl::Status status = CheckAsciiDomain(ascii); !status.ok()) return status;
  return ascii;
}

absl::StatusOr<std::string> NormalizeAddressLiteral(absl::string_view literal) {
  absl::string_view inner = literal;
  if (!absl::ConsumePrefix(&inner, "[") || !absl::ConsumeSuffix(&inner, "]")) {
    return absl::InvalidArgumentError("an address literal stands in brackets (RFC 5321 §4.1.3)");
  }
  const std::string lower = absl::AsciiStrToLower(inner);
  unsigned char binary[sizeof(in6_addr)];
  if (absl::StartsWith(lower, "ipv6:")) {
    if (inet_pton(AF_INET6, lower.c_str() + 5, binary) == 1 && lower.find('\0') == lower.npos) {
      return absl::StrCat("[IPv6:", lower.substr(5), "]");
    }
    return absl::InvalidArgumentError("not an IPv6 address (RFC 5321 §4.1.3)");
  }
  if (inet_pton(AF_INET, lower.c_str(), binary) == 1 && lower.find('\0') == lower.npos) {
    return absl::StrCat("[", lower, "]");
  }
  return absl::InvalidArgumentError(
      "an address literal is [192.0.2.1] or [IPv6:2001:db8::1] (RFC 5321 §4.1.3)");
}

}  // namespace mailstrom::message
