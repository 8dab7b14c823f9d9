#include "delivery/parcel.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/status/statusor.h"
#include "message/address.h"

namespace mailstrom::delivery {

GroupedRecipients GroupByDomain(std::vector<storage::ClaimedRecipient> recipients) {
  GroupedRecipients grouped;
  for (storage::ClaimedRecipient& claimed : recipients) {
    absl::StatusOr<message::AddrSpec> address = message::ParseAddrSpec(claimed.recipient.address);
    if (!address.ok()) {
      grouped.malformed.push_back(std::move(claimed));
      continue;
    }
    const bool needs_smtputf8 = address->has_utf8_local_part();
    auto group =
        std::find_if(grouped.groups.begin(), grouped.groups.end(), [&](const DomainGroup& g) {
          return g.domain == address->domain && g.needs_smtputf8 == needs_smtputf8;
        });
    if (group == grouped.groups.end()) {
      grouped.groups.push_back({address->domain, needs_smtputf8, {}});
      group = grouped.groups.end() - 1;
    }
    group->recipients.push_back({std::move(claimed), address->ToString()});
  }
  return grouped;
}

bool HasRecipient(const std::vector<ParcelRecipient>& recipients, int recipient_index) {
  return std::any_of(recipients.begin(), recipients.end(), [&](const ParcelRecipient& recipient) {
    return recipient.claimed.claim.recipient_index == recipient_index;
  });
}

absl::string_view DomainOf(const ParcelRecipient& recipient) {
  const absl::string_view path = recipient.forward_path;
  return path.substr(path.rfind('@') + 1);
}

ReversePath ToReversePath(absl::string_view address) {
  if (address.empty()) return {};
  const absl::StatusOr<message::AddrSpec> parsed = message::ParseAddrSpec(address);
  if (!parsed.ok()) return {};
  return {parsed->ToString(), parsed->domain, parsed->has_utf8_local_part()};
}

}  // namespace mailstrom::delivery
