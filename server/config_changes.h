#ifndef MAILSTROM_SERVER_CONFIG_CHANGES_H_
#define MAILSTROM_SERVER_CONFIG_CHANGES_H_

#include <string>
#include <vector>

#include "mailstrom/config/v1/server_config.pb.h"

namespace mailstrom::server {

// The settings, by their paths, that differ between two completed configurations and that a reload
// does not put into force.
std::vector<std::string> ChangesThatWait(const config::v1::ServerConfig& running,
                                         const config::v1::ServerConfig& wanted);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_CONFIG_CHANGES_H_
