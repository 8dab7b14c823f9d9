#ifndef MAILSTROM_DELIVERY_TLSA_RECORD_H_
#define MAILSTROM_DELIVERY_TLSA_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace mailstrom::delivery {

// What DNSSEC says of a host's certificate (RFC 6698 §2.1).
struct TlsaRecord {
  enum class Usage : uint8_t {
    kTrustAnchor = 2,  // DANE-TA: an issuer of it.
    kEndEntity = 3,    // DANE-EE: the certificate itself.
  };
  enum class Selector : uint8_t { kCertificate = 0, kPublicKey = 1 };
  enum class Matching : uint8_t { kExact = 0, kSha256 = 1, kSha512 = 2 };

  Usage usage = Usage::kEndEntity;
  Selector selector = Selector::kPublicKey;
  Matching matching = Matching::kSha256;
  // The thing itself, or its digest.
  std::string data;
};

// Reads record data. Nothing: it is malformed, or SMTP has no use for it, such as one that leans on
// public certification authorities (RFC 7672 §3.1.3).
std::optional<TlsaRecord> ParseTlsaRecord(absl::string_view rdata);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_TLSA_RECORD_H_
