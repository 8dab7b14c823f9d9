#ifndef MAILSTROM_SERVER_ACCESS_TABLE_H_
#define MAILSTROM_SERVER_ACCESS_TABLE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "mailstrom/config/v1/access_file.pb.h"
#include "server/caller.h"
#include "server/json_web_keys.h"
#include "server/json_web_token.h"
#include "server/tenant.h"

namespace mailstrom::server {

// What an access file says (see access_file.proto). Immutable.
class AccessTable {
 public:
  // Reads a file that the access file names.
  using FileReader = absl::FunctionRef<absl::StatusOr<std::string>(const std::string& path)>;

  // InvalidArgument: all that is wrong, one a line; no hash is told.
  static absl::StatusOr<std::shared_ptr<const AccessTable>> Parse(absl::string_view yaml,
                                                                  FileReader read_file);

  const std::vector<TenantPtr>& tenants() const { return tenants_; }
  // Null: there is none of this name.
  TenantPtr FindTenant(const std::string& name) const;

  // Whose API key this is. Unauthenticated: nobody's, or it has expired; the message is fit for
  // whoever shows it.
  absl::StatusOr<Caller> FindKey(absl::string_view key, absl::Time now) const;
  bool HasKeyId(absl::string_view id) const { return keys_.contains(id); }

  // Whom a JSON Web Token names. Unauthenticated as FindKey.
  absl::StatusOr<Caller> FindToken(absl::string_view token, absl::Time now) const;

  // Whose certificate has these names; nullopt when it is nobody's, or of several.
  std::optional<Caller> FindCertificate(absl::Span<const std::string> names) const;

 private:
  struct Key {
    std::string hash;
    absl::Time expire_time;
    Caller caller;
  };

  struct Issuer {
    config::v1::TokenIssuerConfig config;
    JsonWebKeys keys;
  };

  // Takes the keys and certificates of `config`, a TenantConfig or AdministratorsConfig at `path`,
  // for `caller`.
  template <typename Config>
  void AddCredentials(const Config& config, const std::string& path, const Caller& caller,
                      std::vector<std::string>& complaints);

  absl::StatusOr<Caller> CallerOf(const JsonWebToken& token, const Issuer& issuer) const;
  void AddIssuer(config::v1::TokenIssuerConfig config, const std::string& path,
                 FileReader read_file, std::vector<std::string>& complaints);

  std::vector<TenantPtr> tenants_;
  absl::flat_hash_map<std::string, TenantPtr> tenants_by_name_;
  absl::flat_hash_map<std::string, Key> keys_;
  absl::flat_hash_map<std::string, Caller> certificate_names_;
  absl::flat_hash_map<std::string, Issuer> issuers_;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_ACCESS_TABLE_H_
