#include "server/admin/queue_filter.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/admin/admin_conversion.h"
#include "server/admin/domain_spellings.h"
#include "server/request_digest.h"

namespace mailstrom::server {
namespace {

constexpr char kVersion = '1';
constexpr size_t kDigestBytes = 16;
constexpr size_t kMaxTokenBytes = 512;

}  // namespace

void MakeQuery(delivery::Control& control, const admin::v1::QueueFilter& filter,
               absl::AnyInvocable<void(storage::QueueQuery)> done) {
  storage::QueueQuery query;
  if (!filter.email_id().empty()) query.email_id = filter.email_id();
  if (!filter.recipient().empty()) query.recipient = filter.recipient();
  if (!filter.tenant().empty()) query.tenant = ToTenantId(filter.tenant());
  query.tags.insert(filter.tags().begin(), filter.tags().end());
  if (filter.has_held()) query.held = filter.held();
  std::vector<std::string> wanted;
  if (!filter.domain().empty()) {
    wanted = SpellingsOf(ToDeliveryDomain(filter.domain()));
    query.domains = wanted;
  }
  if (filter.site().empty()) return done(std::move(query));
  control.FindDomains(filter.site(),
                      [query = std::move(query), wanted = std::move(wanted),
                       done = std::move(done)](std::vector<std::string> domains) mutable {
                        std::vector<std::string> spellings;
                        for (const std::string& domain : domains) {
                          // Both conditions must hold.
                          if (!wanted.empty() && domain != wanted.front()) continue;
                          for (std::string& spelling : SpellingsOf(domain))
                            spellings.push_back(std::move(spelling));
                        }
                        query.domains = std::move(spellings);
                        done(std::move(query));
                      });
}

std::string FormatQueueToken(const admin::v1::QueueFilter& filter, const std::string& place) {
  if (place.empty()) return "";
  return absl::WebSafeBase64Escape(absl::StrCat(
      absl::string_view(&kVersion, 1), RequestDigest(filter).substr(0, kDigestBytes), place));
}

absl::StatusOr<std::string> ParseQueueToken(const admin::v1::QueueFilter& filter,
                                            const std::string& token) {
  if (token.empty()) return std::string();
  std::string plain;
  if (token.size() > kMaxTokenBytes || !absl::WebSafeBase64Unescape(token, &plain) ||
      plain.size() <= 1 + kDigestBytes || plain.front() != kVersion) {
    return absl::InvalidArgumentError("is no token of an earlier page");
  }
  if (plain.substr(1, kDigestBytes) != RequestDigest(filter).substr(0, kDigestBytes)) {
    return absl::InvalidArgumentError("belongs to another filter");
  }
  return plain.substr(1 + kDigestBytes);
}

}  // namespace mailstrom::server
