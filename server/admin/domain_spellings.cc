#include "server/admin/domain_spellings.h"

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "message/address.h"
#include "message/domain.h"
#include "message/idna.h"

namespace mailstrom::server {

std::vector<std::string> SpellingsOf(absl::string_view domain) {
  std::vector<std::string> spellings = {std::string(domain)};
  const absl::StatusOr<std::string> unicode = message::DomainToUnicode(domain);
  if (unicode.ok() && *unicode != domain) spellings.push_back(*unicode);
  return spellings;
}

std::string DeliveryDomainOf(absl::string_view address) {
  const absl::StatusOr<message::AddrSpec> parsed = message::ParseAddrSpec(address);
  return parsed.ok() ? parsed->domain : "";
}

std::string ToDeliveryDomain(absl::string_view domain) {
  const absl::StatusOr<std::string> normalized = message::NormalizeDomain(domain);
  return normalized.ok() ? *normalized : absl::AsciiStrToLower(domain);
}

}  // namespace mailstrom::server
