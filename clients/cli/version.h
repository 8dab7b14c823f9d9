#ifndef MAILSTROM_CLIENTS_CLI_VERSION_H_
#define MAILSTROM_CLIENTS_CLI_VERSION_H_

namespace mailstrom::cli {

// Of this program, as `mailstrom --version` prints it.
inline constexpr char kVersion[] = "0.1.0";

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_VERSION_H_
