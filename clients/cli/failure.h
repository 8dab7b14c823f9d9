#ifndef MAILSTROM_CLIENTS_CLI_FAILURE_H_
#define MAILSTROM_CLIENTS_CLI_FAILURE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "clients/cli/environment.h"
#include "clients/cli/exit_code.h"

namespace mailstrom::cli {

// Tells on standard error, as text or with `json` as an object, what is wrong with the words of
// `command` (empty: there is none).
ExitCode UsageError(const absl::Status& status, absl::string_view command, bool json,
                    const Environment& environment);

// Tells why a call of `server` failed, with every field that it found wrong.
ExitCode CallError(const absl::Status& status, const std::string& server, bool json,
                   const Environment& environment);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_FAILURE_H_
