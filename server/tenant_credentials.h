#ifndef MAILSTROM_SERVER_TENANT_CREDENTIALS_H_
#define MAILSTROM_SERVER_TENANT_CREDENTIALS_H_

#include <cstdint>
#include <string>

#include "base/api_key.h"
#include "mailstrom/config/v1/server_config.pb.h"

namespace mailstrom::server {

// An API key for tests, another one for each number.
ApiKey TestKey(uint8_t number);

// A key as an access file has it. `more`: further fields, such as `, expire_time: "…"`.
std::string KeyYaml(const ApiKey& key, const std::string& more = "");

// A tenant as an access file has it, with one key. `more`: further fields, such as
// `, emails_per_second: 1`; `of_key`: of the key.
std::string TenantYaml(const std::string& name, const ApiKey& key, const std::string& more = "",
                       const std::string& of_key = "");

// Writes an access file with these tenants into the test's directory.
config::v1::AccessConfig WriteAccessFile(const std::string& tenants);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_TENANT_CREDENTIALS_H_
