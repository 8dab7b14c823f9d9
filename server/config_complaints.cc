#include "server/config_complaints.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "delivery/dns/host_name.h"

namespace mailstrom::server {

absl::Status Complaints::ToStatus() const {
  return list_.empty() ? absl::OkStatus() : absl::InvalidArgumentError(absl::StrJoin(list_, "\n"));
}

bool IsFullyQualified(absl::string_view name) {
  if (name.size() > 253 || !absl::StrContains(name, '.')) return false;
  for (const absl::string_view label : absl::StrSplit(name, '.')) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
      return false;
    for (const char c : label) {
      if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-') return false;
    }
  }
  return true;
}

void CheckDomainPattern(absl::string_view path, absl::string_view pattern, Complaints& complaints) {
  absl::ConsumePrefix(&pattern, "*.");
  if (!delivery::IsHostName(pattern)) {
    complaints.Add(path, absl::StrCat("\"", pattern, "\" is no domain in ASCII (A-labels)"));
  }
}

}  // namespace mailstrom::server
