#ifndef MAILSTROM_DELIVERY_CERTIFICATE_STRENGTH_H_
#define MAILSTROM_DELIVERY_CERTIFICATE_STRENGTH_H_

#include <string>

#include "openssl/base.h"

namespace mailstrom::delivery {

// Why `certificate` can no longer prove anything, whoever signed it; empty when it can. The
// CA/Browser Forum's Baseline Requirements (§6.1.5, §7.1.3.2) want RSA keys of 2048 bits and no
// SHA-1. `is_anchor`: it is trusted by itself, so nothing depends on how it was signed.
std::string WeaknessOf(const X509* certificate, bool is_anchor);

// The same of the certificate that a chain's verification has come to, for its callback.
std::string CurrentWeakness(X509_STORE_CTX* verification);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_CERTIFICATE_STRENGTH_H_
