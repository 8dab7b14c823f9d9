#include "server/tenant_credentials.h"

#include <fstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mailstrom::server {

ApiKey TestKey(uint8_t number) {
  ApiKeyEntropy entropy = {};
  entropy.front() = number;
  entropy.back() = number;
  return MakeApiKey(entropy);
}

std::string KeyYaml(const ApiKey& key, const std::string& more) {
  return absl::StrCat("{id: \"", key.id,
                      "\", sha256: ", absl::BytesToHexString(HashApiKey(key.text)), more, "}");
}

std::string TenantYaml(const std::string& name, const ApiKey& key, const std::string& more,
                       const std::string& of_key) {
  return absl::StrCat("- {name: ", name, ", keys: [", KeyYaml(key, of_key), "]", more, "}\n");
}

config::v1::AccessConfig WriteAccessFile(const std::string& tenants) {
  config::v1::AccessConfig config;
  config.set_file(::testing::TempDir() + "access.yaml");
  std::ofstream(config.file()) << "tenants:\n" << tenants;
  return config;
}

}  // namespace mailstrom::server
