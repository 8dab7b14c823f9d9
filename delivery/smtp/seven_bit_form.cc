#include "delivery/smtp/seven_bit_form.h"

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "message/eight_bit_converter.h"

namespace mailstrom::delivery::smtp {
namespace {

constexpr absl::string_view kSignatures[] = {"DKIM-Signature", "ARC-Message-Signature"};

// The signature that the header bears; empty: none.
absl::string_view SignatureIn(absl::string_view message) {
  while (!message.empty()) {
    const size_t end = message.find("\r\n");
    const absl::string_view line = message.substr(0, end);
    if (line.empty()) break;
    const size_t colon = line.find(':');
    if (colon != absl::string_view::npos) {
      const absl::string_view name = absl::StripTrailingAsciiWhitespace(line.substr(0, colon));
      for (const absl::string_view signature : kSignatures) {
        if (absl::EqualsIgnoreCase(name, signature)) return signature;
      }
    }
    if (end == absl::string_view::npos) break;
    message.remove_prefix(end + 2);
  }
  return "";
}

}  // namespace

absl::StatusOr<std::string> SevenBitForm(absl::string_view message) {
  const absl::string_view signature = SignatureIn(message);
  if (!signature.empty()) {
    return absl::FailedPreconditionError(absl::StrCat("a ", signature, " would not survive"));
  }
  return message::ConvertTo7Bit(message);
}

}  // namespace mailstrom::delivery::smtp
