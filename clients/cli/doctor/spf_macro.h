#ifndef MAILSTROM_CLIENTS_CLI_DOCTOR_SPF_MACRO_H_
#define MAILSTROM_CLIENTS_CLI_DOCTOR_SPF_MACRO_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mailstrom::cli {

// What macros of an SPF record stand for (RFC 7208 §7.2). The sender is `postmaster@DOMAIN`.
struct SpfMacroValues {
  // The domain whose record it is, and that of the sender.
  std::string domain;
  std::string sender_domain;
  std::string address;
  std::string helo;
};

// A domain-spec with its macros expanded (§7.3). InvalidArgument: one is malformed or unknown.
absl::StatusOr<std::string> ExpandSpfMacros(absl::string_view text, const SpfMacroValues& values);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_DOCTOR_SPF_MACRO_H_
