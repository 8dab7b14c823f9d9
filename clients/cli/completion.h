#ifndef MAILSTROM_CLIENTS_CLI_COMPLETION_H_
#define MAILSTROM_CLIENTS_CLI_COMPLETION_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mailstrom::cli {

// A script that teaches `shell` (`bash`, `zsh` or `fish`) the command table: commands, their
// options, the words that an option or operand may be, and files. InvalidArgument: another shell.
absl::StatusOr<std::string> MakeCompletionScript(absl::string_view shell);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_COMPLETION_H_
