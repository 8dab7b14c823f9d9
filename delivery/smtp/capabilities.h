#ifndef MAILSTROM_DELIVERY_SMTP_CAPABILITIES_H_
#define MAILSTROM_DELIVERY_SMTP_CAPABILITIES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "delivery/smtp/reply_parser.h"

namespace mailstrom::delivery::smtp {

// What a server offers in its reply to EHLO.
struct Capabilities {
  bool pipelining = false;             // RFC 2920
  bool eight_bit_mime = false;         // RFC 6152
  bool smtputf8 = false;               // RFC 6531
  bool starttls = false;               // RFC 3207
  bool chunking = false;               // RFC 3030
  bool enhanced_status_codes = false;  // RFC 2034
  bool dsn = false;                    // RFC 3461
  // SIZE (RFC 1870) is offered, and the largest message; 0: no fixed limit.
  bool size = false;
  uint64_t max_size_bytes = 0;
  // AUTH mechanisms (RFC 4954) in upper case.
  std::vector<std::string> auth_mechanisms;
};

// Reads a positive reply to EHLO. Unknown and malformed lines are passed over, as RFC 5321
// §4.1.1.1 wants it.
Capabilities ParseCapabilities(const Reply& ehlo);

}  // namespace mailstrom::delivery::smtp

#endif  // MAILSTROM_DELIVERY_SMTP_CAPABILITIES_H_
