#ifndef MAILSTROM_SERVER_ACCESS_TABLE_H_
#define MAILSTROM_SERVER_ACCESS_TABLE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/caller.h"
#include "server/tenant.h"

namespace mailstrom::server {

// What an access file says (see access_file.proto). Immutable.
class AccessTable {
 public:
  // InvalidArgument: all that is wrong, one a line; no hash is told.
  static absl::StatusOr<std::shared_ptr<const AccessTable>> Parse(absl::string_view yaml);

  const std::vector<TenantPtr>& tenants() const { return tenants_; }

  // Whose API key this is. Unauthenticated: nobody's, or it has expired; the message is fit for
  // whoever shows it.
  absl::StatusOr<Caller> FindKey(absl::string_view key, absl::Time now) const;
  bool HasKeyId(absl::string_view id) const { return keys_.contains(id); }

  // Whose certificate has these names; nullopt when it is nobody's, or of several.
  std::optional<Caller> FindCertificate(absl::Span<const std::string> names) const;

 private:
  struct Key {
    std::string hash;
    absl::Time expire_time;
    Caller caller;
  };

  // Takes the keys and certificates of `config`, a TenantConfig or AdministratorsConfig at `path`,
  // for `caller`.
  template <typename Config>
  void AddCredentials(const Config& config, const std::string& path, const Caller& caller,
                      std::vector<std::string>& complaints);

  std::vector<TenantPtr> tenants_;
  absl::flat_hash_map<std::string, Key> keys_;
  absl::flat_hash_map<std::string, Caller> certificate_names_;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_ACCESS_TABLE_H_
