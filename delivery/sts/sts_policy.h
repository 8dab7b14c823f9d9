#ifndef MAILSTROM_DELIVERY_STS_STS_POLICY_H_
#define MAILSTROM_DELIVERY_STS_STS_POLICY_H_

// What a domain says of the TLS with its MX hosts (MTA-STS, RFC 8461). Pure.

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "delivery/dns/mx_resolver.h"

namespace mailstrom::delivery {

struct StsPolicy {
  enum class Mode {
    kEnforce,
    kTesting,  // Blocks nothing.
    kNone,     // The domain has no policy any more.
  };
  Mode mode = Mode::kNone;
  // Host names in lower case, or `*.` and a name: any one label in front of it.
  std::vector<std::string> mx_patterns;
  // How long it may be kept; at most a year.
  absl::Duration max_age;
};

// Longer policies are refused (RFC 8461 §3.2 expects far shorter ones).
inline constexpr size_t kMaxStsPolicyBytes = size_t{64} << 10;

// Reads a policy file (§3.2). InvalidArgument: it is none, and the message says why.
absl::StatusOr<StsPolicy> ParseStsPolicy(absl::string_view text);

// The id in the TXT records of `_mta-sts.DOMAIN`, in wire format (§3.1). Nothing: there is no
// policy, which is also so when more than one record claims to have it.
std::optional<std::string> StsIdIn(const std::vector<std::string>& txt_rdata);

// Whether a host may take mail under the policy (§4.1).
bool StsAllows(const StsPolicy& policy, absl::string_view host);

// `route` of `domain`, of kind kHosts, under its policy: one that is enforced leaves only the hosts
// that it allows and asks to verify them, and when there are none the mail has to wait.
MxRoute UnderStsPolicy(MxRoute route, const StsPolicy& policy, absl::string_view domain);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_STS_STS_POLICY_H_
