#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "message/address.h"
#include "message/address_list.h"
#include "message/utf8.h"

namespace mailstrom::message {
namespace {

void Require(bool ok) {
  if (!ok) std::abort();
}

// An address that was read reads the same again, alone and in angle brackets.
void CheckAddress(const std::string& address) {
  for (const std::string& text : {address, absl::StrCat("<", address, ">")}) {
    const absl::StatusOr<std::vector<Address>> again = ParseAddressList(text);
    Require(again.ok() && again->size() == 1);
    const auto* mailbox = std::get_if<Mailbox>(&again->front());
    Require(mailbox != nullptr && mailbox->address == address && mailbox->display_name.empty());
  }
  // SMTP may refuse what a header field may hold, but never reads it differently.
  const absl::StatusOr<AddrSpec> path = ParseAddrSpec(address);
  Require(!path.ok() || path->ToString() == address);
}

void CheckPath(absl::string_view text) {
  const absl::StatusOr<AddrSpec> path = ParseAddrSpec(text);
  if (!path.ok()) {
    Require(!path.status().message().empty() && IsValidUtf8(path.status().message()));
    return;
  }
  Require(path->local_part.size() <= 64 && path->ToString().size() <= 254);
  Require(IsAscii(path->domain));
  for (const char c : path->ToString()) Require(c != '\0' && c != '\r' && c != '\n');
  Require(ParseAddrSpec(path->ToString())->ToString() == path->ToString());
  CheckAddress(path->ToString());
}

void CheckList(absl::string_view text) {
  const absl::StatusOr<std::vector<Address>> addresses = ParseAddressList(text);
  if (!addresses.ok()) return;
  Require(!addresses->empty());
  for (const Address& address : *addresses) {
    if (const auto* mailbox = std::get_if<Mailbox>(&address)) {
      CheckAddress(mailbox->address);
      continue;
    }
    for (const Mailbox& member : std::get<Group>(address).members) CheckAddress(member.address);
  }
}

}  // namespace
}  // namespace mailstrom::message

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  mailstrom::message::CheckPath(text);
  mailstrom::message::CheckList(text);
  return 0;
}
