#ifndef MAILSTROM_SERVER_READ_FILE_H_
#define MAILSTROM_SERVER_READ_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace mailstrom::server {

// The whole file. NotFound: it cannot be read; the message names it.
absl::StatusOr<std::string> ReadFile(const std::string& path);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_READ_FILE_H_
