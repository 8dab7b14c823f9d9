#ifndef MAILSTROM_DELIVERY_SMTP_ENVELOPE_H_
#define MAILSTROM_DELIVERY_SMTP_ENVELOPE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "delivery/smtp/capabilities.h"
#include "delivery/smtp/transaction.h"

namespace mailstrom::delivery::smtp {

// What a server lacks, or an envelope cannot carry.
struct Obstacle {
  // RFC 3463, such as `5.3.4`; empty: there is no obstacle.
  std::string enhanced_code;
  // For people.
  std::string description;

  bool exists() const { return !enhanced_code.empty(); }
};

struct Obstacles {
  // Stands in the way of the whole transaction.
  Obstacle transaction;
  // The same for each forward-path.
  std::vector<Obstacle> recipients;
};

// Checks a transaction against what the server offers: SIZE, 8BITMIME, SMTPUTF8, and bytes that no
// path may have.
Obstacles FindObstacles(const Transaction& transaction, const Capabilities& capabilities);

// The octets of the message as RFC 1870 counts them: with its last CRLF, without dot-stuffing.
uint64_t SizeBytes(const Transaction& transaction);

// Command lines with their CRLF. Only for a transaction without obstacles.
std::string MailCommand(const Transaction& transaction, const Capabilities& capabilities);
std::string RcptCommand(const Transaction& transaction, size_t recipient,
                        const Capabilities& capabilities);

}  // namespace mailstrom::delivery::smtp

#endif  // MAILSTROM_DELIVERY_SMTP_ENVELOPE_H_
