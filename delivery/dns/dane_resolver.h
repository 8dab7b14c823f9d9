#ifndef MAILSTROM_DELIVERY_DNS_DANE_RESOLVER_H_
#define MAILSTROM_DELIVERY_DNS_DANE_RESOLVER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "asio/awaitable.hpp"
#include "delivery/dns/dns_client.h"
#include "delivery/tlsa_record.h"

namespace mailstrom::delivery {

// What DNSSEC asks of the TLS with a host.
struct DaneHost {
  enum class Kind {
    kNone,          // Nothing.
    kEncrypt,       // TLS is a must, but no record tells how to know the host (RFC 7672 §2.2).
    kAuthenticate,  // TLS is a must, and the host must be one that `records` name.
  };
  Kind kind = Kind::kNone;
  std::vector<TlsaRecord> records;
  // The name at which the records stand: for SNI, and to look for in the certificate.
  std::string base_domain;
};

// Finds the TLSA records of MX hosts (RFC 7672 §2.2). Lives on the DnsClient's strand. Only of use
// where the look-up of the MX was authenticated: who can forge that can name a host of his own.
class DaneResolver {
 public:
  explicit DaneResolver(DnsClient& dns) : dns_(dns) {}

  // Unavailable: DNS gave no answer, or a bogus one; then the host must not be spoken with.
  asio::awaitable<absl::StatusOr<DaneHost>> Resolve(std::string host, uint16_t port);

 private:
  // Names at which records may stand, the better one first. An insecure zone cannot have any, and
  // is not asked, because some of its servers answer such questions with an error.
  asio::awaitable<absl::StatusOr<std::vector<std::string>>> BaseDomains(std::string host);

  DnsClient& dns_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_DNS_DANE_RESOLVER_H_
