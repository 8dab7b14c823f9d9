#include "message/envelope_builder.h"

#include <utility>
#include <variant>

#include "absl/status/statusor.h"

namespace mailstrom::message {
namespace {

// Calls `visit` with each mailbox of `addresses`, those of groups included.
template <typename Visitor>
void ForEachMailbox(const std::vector<Address>& addresses, Visitor visit) {
  for (const Address& address : addresses) {
    if (const auto* mailbox = std::get_if<Mailbox>(&address)) {
      visit(*mailbox);
    } else {
      for (const Mailbox& member : std::get<Group>(address).members) visit(member);
    }
  }
}

}  // namespace

void EnvelopeBuilder::SetOriginators(const std::vector<Address>& from, const Mailbox* sender) {
  const Mailbox* only_author = nullptr;
  int author_count = 0;
  ForEachMailbox(from, [&](const Mailbox& author) {
    only_author = &author;
    ++author_count;
  });
  const Mailbox* originator = sender != nullptr   ? sender
                              : author_count == 1 ? only_author
                                                  : nullptr;
  if (originator == nullptr) return;
  const absl::StatusOr<AddrSpec> addr_spec = ParseAddrSpec(originator->address);
  if (addr_spec.ok()) envelope_.reverse_path = addr_spec->ToString();
}

void EnvelopeBuilder::AddRecipients(const std::vector<Address>& addresses) {
  ForEachMailbox(addresses, [this](const Mailbox& mailbox) { AddRecipient(mailbox); });
}

void EnvelopeBuilder::AddRecipient(const Mailbox& mailbox) {
  const absl::StatusOr<AddrSpec> addr_spec = ParseAddrSpec(mailbox.address);
  if (!addr_spec.ok()) return;
  std::string path = addr_spec->ToString();
  if (seen_.insert(path).second) envelope_.forward_paths.push_back(std::move(path));
}

}  // namespace mailstrom::message
