#ifndef MAILSTROM_DELIVERY_DANE_VERIFIER_H_
#define MAILSTROM_DELIVERY_DANE_VERIFIER_H_

#include <memory>
#include <string>
#include <vector>

#include "delivery/tlsa_record.h"
#include "openssl/ssl.h"

namespace mailstrom::delivery {

// By what a host's certificate is judged (RFC 7672 §3).
struct DaneReference {
  // Not empty.
  std::vector<TlsaRecord> records;
  // One of these must be in a certificate that is judged by its issuer. One that a record names
  // itself needs no name and no date.
  std::vector<std::string> names;
};

// Lets the handshake of `ssl` succeed only if some record holds for what the host presents, and for
// nothing else: public roots play no part. `reference` must outlive the handshake.
void VerifyByDane(SSL* ssl, const DaneReference* reference);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_DANE_VERIFIER_H_
