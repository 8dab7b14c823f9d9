#ifndef MAILSTROM_CLIENTS_CLI_VERSION_H_
#define MAILSTROM_CLIENTS_CLI_VERSION_H_

namespace mailstrom::cli {

// Of this program, as `mailstrom --version` prints it.
inline constexpr char kVersion[] = "0.1.0";

// When that version was released, or is going to be.
inline constexpr char kReleaseDate[] = "2026-11-24";

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_VERSION_H_
