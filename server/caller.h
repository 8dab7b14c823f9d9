#ifndef MAILSTROM_SERVER_CALLER_H_
#define MAILSTROM_SERVER_CALLER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/tenant.h"

namespace mailstrom::server {

// What a call shows of its caller.
struct CallCredentials {
  // The caller's host, see PeerHost.
  std::string host = "";
  // Values of the metadata `authorization`.
  std::vector<std::string> authorizations = {};
  // Of the certificate of the connection, which was verified.
  std::vector<std::string> certificate_names = {};
};

// Who makes a call. Handlers learn it from Admit or AdmitAdministrator.
struct Caller {
  // Null for an administrator, and where nobody needs credentials: such a caller sees all emails
  // and is held to no tenant's limits.
  TenantPtr tenant = nullptr;
  bool is_administrator = false;
  // Who it is, for people who look later: the id of the API key, the token's `sub` (RFC 7519
  // §4.1.2; where it has none of at most 255 bytes, its issuer), or the name in the certificate.
  // Empty where nobody needs credentials. Never a secret.
  std::string name = "";
  // By what he was let in, for a stream outlives them; null where nobody needs any.
  std::shared_ptr<const CallCredentials> credentials = nullptr;
  // The call's place in a distributed trace, see ParseTraceparent; empty: none.
  std::string traceparent = "";

  // To whom this caller's emails belong.
  std::string tenant_id() const { return tenant == nullptr ? "" : tenant->id(); }
  // Whose emails this caller sees; nullopt: all.
  std::optional<std::string> visible_tenant() const {
    return tenant == nullptr ? std::nullopt : std::optional<std::string>(tenant->id());
  }
  bool Sees(absl::string_view email_tenant) const {
    return tenant == nullptr || tenant->id() == email_tenant;
  }

  bool operator==(const Caller& other) const = default;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_CALLER_H_
