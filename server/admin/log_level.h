#ifndef MAILSTROM_SERVER_ADMIN_LOG_LEVEL_H_
#define MAILSTROM_SERVER_ADMIN_LOG_LEVEL_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "base/log.h"

namespace mailstrom::server {

// As the configuration writes it. Nothing: it is no level.
std::optional<LogLevel> ParseLogLevel(absl::string_view name);
const char* LogLevelName(LogLevel level);
// The one in force.
LogLevel PresentLogLevel();

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_ADMIN_LOG_LEVEL_H_
