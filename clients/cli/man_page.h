#ifndef MAILSTROM_CLIENTS_CLI_MAN_PAGE_H_
#define MAILSTROM_CLIENTS_CLI_MAN_PAGE_H_

#include <string>

namespace mailstrom::cli {

// The manual page mailstrom(1) in man(7)'s language, made of the command table.
std::string ManPage();

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_MAN_PAGE_H_
