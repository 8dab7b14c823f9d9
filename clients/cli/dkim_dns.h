#ifndef MAILSTROM_CLIENTS_CLI_DKIM_DNS_H_
#define MAILSTROM_CLIENTS_CLI_DKIM_DNS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace mailstrom::cli {

// The TXT records of `name`, each with its strings joined; none when DNS says there are none. Asks
// `server` (an IP address, `@PORT` after it when it is not 53), or those of /etc/resolv.conf when
// it is empty. Blocks. InvalidArgument: no such server. Unavailable: no answer.
absl::StatusOr<std::vector<std::string>> LookUpTxt(const std::string& name,
                                                   const std::string& server);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_DKIM_DNS_H_
