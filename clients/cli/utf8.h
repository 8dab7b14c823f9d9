#ifndef MAILSTROM_CLIENTS_CLI_UTF8_H_
#define MAILSTROM_CLIENTS_CLI_UTF8_H_

#include <string>

#include "absl/strings/string_view.h"

namespace mailstrom::cli {

// Whether `text` is well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates.
bool IsUtf8(absl::string_view text);

// `text` for one line of a terminal: control characters and what is not UTF-8 become `?`, so that a
// peer's words cannot command the terminal, and line breaks become spaces.
std::string Printable(absl::string_view text);

// The first `columns` characters of UTF-8 text, with `…` as the last when some are left out.
std::string Truncate(absl::string_view text, size_t columns);

// How many characters UTF-8 text has.
size_t CountCharacters(absl::string_view text);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_UTF8_H_
