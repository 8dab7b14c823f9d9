#ifndef MAILSTROM_DELIVERY_SOURCE_POOL_H_
#define MAILSTROM_DELIVERY_SOURCE_POOL_H_

// From which addresses of this host mail is sent. Pure.

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace mailstrom::delivery {

struct SourceAddress {
  // IPv4 or IPv6 in its shortest text form, an address of this host. Empty: the system chooses.
  std::string address;
  // Its share of the mail is its weight among those of its family; greater than 0.
  double weight = 1;
  // FQDN for EHLO, which should lead back to the address; empty: this host's.
  std::string hello_name;

  friend bool operator==(const SourceAddress&, const SourceAddress&) = default;
};

// Addresses that send mail in each other's stead. A pool is a sender of its own: sites see it apart
// from other pools, and their limits are counted for each pool.
struct SourcePool {
  // For people and for keys.
  std::string name;
  std::vector<SourceAddress> addresses;
};

// What one recipient's mail is sent from, for peers of each family.
struct SourceChoice {
  // False: the pool has no address of the family, so its peers are not connected to.
  bool has_ipv4 = true;
  bool has_ipv6 = true;
  SourceAddress ipv4;
  SourceAddress ipv6;

  bool Has(bool is_ipv6) const { return is_ipv6 ? has_ipv6 : has_ipv4; }
  const SourceAddress& For(bool is_ipv6) const { return is_ipv6 ? ipv6 : ipv4; }

  friend bool operator==(const SourceChoice&, const SourceChoice&) = default;
};

// The addresses of `pool` for the mail that `key` stands for. Depends on nothing else, so retries
// come from the same address, also after a restart; of other keys each address gets its share. An
// address that joins the pool only takes its share away from the others, and one that leaves gives
// it to them (weighted rendezvous hashing).
SourceChoice ChooseSource(const SourcePool& pool, absl::string_view key);

// What stands for the mail of one email to one recipient's domain (in lower-case A-labels):
// recipients that may share a transaction share an address.
std::string SourceKey(absl::string_view email_id, absl::string_view domain);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_SOURCE_POOL_H_
