#ifndef MAILSTROM_CLIENTS_CLI_DKIM_FILES_H_
#define MAILSTROM_CLIENTS_CLI_DKIM_FILES_H_

#include <string>

#include "absl/status/status.h"

namespace mailstrom::cli {

// Writes a file that only its owner may read. AlreadyExists: there is one already, which stays.
// FailedPrecondition: it cannot be written; nothing is left of it.
absl::Status WriteSecret(const std::string& path, const std::string& bytes);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_DKIM_FILES_H_
