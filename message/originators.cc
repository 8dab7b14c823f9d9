#include "message/originators.h"

#include <variant>

#include "message/address.h"
#include "message/address_list.h"
#include "message/content.h"
#include "message/field_parser.h"

namespace mailstrom::message {
namespace {

constexpr const char* kFields[] = {"From", "Sender", "Resent-From", "Resent-Sender"};

std::string DomainOf(const Mailbox& mailbox) {
  const absl::StatusOr<AddrSpec> addr_spec = ParseAddrSpec(mailbox.address);
  return addr_spec.ok() ? addr_spec->domain : "";
}

void AddAll(const char* name, absl::string_view value, std::vector<Originator>& out) {
  const absl::StatusOr<std::vector<Address>> addresses = ParseAddressList(Unfold(value));
  if (!addresses.ok()) {
    out.push_back({name, ""});
    return;
  }
  for (const Address& address : *addresses) {
    if (const auto* mailbox = std::get_if<Mailbox>(&address)) {
      out.push_back({name, DomainOf(*mailbox)});
      continue;
    }
    for (const Mailbox& member : std::get<Group>(address).members) {
      out.push_back({name, DomainOf(member)});
    }
  }
}

}  // namespace

std::vector<Originator> FindOriginators(absl::string_view message) {
  std::vector<Originator> originators;
  for (const Field& field : ParseHeaderBlock(message).fields) {
    for (const char* name : kFields) {
      if (field.Is(name)) AddAll(name, field.value, originators);
    }
  }
  return originators;
}

}  // namespace mailstrom::message
