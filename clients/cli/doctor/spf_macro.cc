#include "clients/cli/doctor/spf_macro.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "clients/cli/doctor/dns_records.h"

namespace mailstrom::cli {
namespace {

// `192.0.2.1`, or the nibbles of IPv6 with dots between them, in order.
std::string DottedAddress(const std::string& address) {
  if (address.find(':') == std::string::npos) return address;
  std::vector<std::string> nibbles = absl::StrSplit(ReversedAddress(address), '.');
  std::reverse(nibbles.begin(), nibbles.end());
  return absl::StrJoin(nibbles, ".");
}

absl::StatusOr<std::string> ValueOf(char letter, const SpfMacroValues& values) {
  switch (absl::ascii_tolower(static_cast<unsigned char>(letter))) {
    case 's':
      return absl::StrCat("postmaster@", values.sender_domain);
    case 'l':
      return std::string("postmaster");
    case 'o':
      return values.sender_domain;
    case 'd':
      return values.domain;
    case 'i':
      return DottedAddress(values.address);
    case 'p':
      return std::string("unknown");
    case 'v':
      return std::string(values.address.find(':') == std::string::npos ? "in-addr" : "ip6");
    case 'h':
      return values.helo;
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("%{", std::string(1, letter), "} is no macro"));
  }
}

// What stands between the braces: a letter, a number of labels, `r` and delimiters.
absl::StatusOr<std::string> Expand(absl::string_view macro, const SpfMacroValues& values) {
  if (macro.empty()) return absl::InvalidArgumentError("%{} is no macro");
  ASSIGN_OR_RETURN(const std::string value, ValueOf(macro.front(), values));
  macro.remove_prefix(1);
  size_t digits = 0;
  while (digits < macro.size() && absl::ascii_isdigit(static_cast<unsigned char>(macro[digits]))) {
    ++digits;
  }
  size_t keep = 0;
  if (digits > 0 && (!absl::SimpleAtoi(macro.substr(0, digits), &keep) || keep == 0)) {
    return absl::InvalidArgumentError("a macro keeps at least one label");
  }
  macro.remove_prefix(digits);
  const bool reverse = !macro.empty() && (macro.front() == 'r' || macro.front() == 'R');
  if (reverse) macro.remove_prefix(1);
  if (macro.find_first_not_of(".-+,/_=") != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat("`", macro, "` has no place in a macro"));
  }
  std::vector<std::string> labels =
      absl::StrSplit(value, absl::ByAnyChar(macro.empty() ? "." : macro));
  if (reverse) std::reverse(labels.begin(), labels.end());
  if (keep > 0 && keep < labels.size()) {
    labels.erase(labels.begin(), labels.end() - static_cast<std::ptrdiff_t>(keep));
  }
  return absl::StrJoin(labels, ".");
}

}  // namespace

absl::StatusOr<std::string> ExpandSpfMacros(absl::string_view text, const SpfMacroValues& values) {
  std::string expanded;
  while (!text.empty()) {
    if (text.front() != '%') {
      expanded += text.front();
      text.remove_prefix(1);
      continue;
    }
    const absl::string_view two = text.substr(0, 2);
    if (two == "%%" || two == "%_" || two == "%-") {
      expanded += two == "%%" ? "%" : two == "%_" ? " " : "%20";
      text.remove_prefix(2);
      continue;
    }
    const size_t end = text.find('}');
    if (two != "%{" || end == absl::string_view::npos) {
      return absl::InvalidArgumentError("a `%` begins no macro");
    }
    ASSIGN_OR_RETURN(const std::string value, Expand(text.substr(2, end - 2), values));
    expanded += value;
    text.remove_prefix(end + 1);
  }
  return expanded;
}

}  // namespace mailstrom::cli
