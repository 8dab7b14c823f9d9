#include "message/idna.h"

#include <idn2.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace mailstrom::message {
namespace {

using IdnaFunction = int (*)(const char* input, char** output, int flags);

absl::StatusOr<std::string> Convert(IdnaFunction function, absl::string_view domain) {
  // libidn2 takes C strings: a NUL would silently cut the domain short.
  if (domain.find('\0') != absl::string_view::npos) {
    return absl::InvalidArgumentError("NUL in a domain");
  }
  char* output = nullptr;
  // Without its rules for ASCII (STD 3), which drop what they do not allow instead of failing.
  const int result =
      function(std::string(domain).c_str(), &output, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, void (*)(void*)> owner(output, idn2_free);
  if (result != IDN2_OK) {
    return absl::InvalidArgumentError(
        absl::StrCat("not a domain of IDNA 2008: ", idn2_strerror(result)));
  }
  return std::string(output);
}

}  // namespace

absl::StatusOr<std::string> DomainToAscii(absl::string_view domain) {
  absl::StatusOr<std::string> ascii = Convert(idn2_to_ascii_8z, domain);
  if (ascii.ok()) absl::AsciiStrToLower(&*ascii);
  return ascii;
}

absl::StatusOr<std::string> DomainToUnicode(absl::string_view domain) {
  return Convert(idn2_to_unicode_8z8z, domain);
}

}  // namespace mailstrom::message
