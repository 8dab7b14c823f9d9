#ifndef MAILSTROM_SERVER_TENANT_H_
#define MAILSTROM_SERVER_TENANT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace mailstrom::server {

// The tenant to whom emails belong that were accepted without credentials.
inline constexpr char kDefaultTenantName[] = "default";

// Who shares the server with others, and what they may do.
struct Tenant {
  std::string name;
  // In lower-case A-labels; `*.example.com` is every name below it. Empty: any.
  std::vector<std::string> from_domains = {};
  // 0 for no limit.
  double emails_per_second = 0;
  std::optional<int64_t> max_message_bytes = std::nullopt;
  // Of those that are not settled.
  std::optional<int64_t> max_queued_recipients = std::nullopt;

  // How the store knows it.
  std::string id() const { return name == kDefaultTenantName ? "" : name; }
  // Whether mail may come from `domain`, which is as AddrSpec::domain.
  bool MaySendFrom(absl::string_view domain) const;
};

using TenantPtr = std::shared_ptr<const Tenant>;

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_TENANT_H_
