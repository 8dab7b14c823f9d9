#ifndef MAILSTROM_DELIVERY_SMTP_ENVELOPE_H_
#define MAILSTROM_DELIVERY_SMTP_ENVELOPE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "delivery/smtp/capabilities.h"
#include "delivery/smtp/transaction.h"

namespace mailstrom::delivery::smtp {

// What a server lacks, or an envelope cannot carry. For people.
struct Obstacles {
  // Stands in the way of the whole transaction; empty: nothing does.
  std::string transaction;
  // The same for each forward-path.
  std::vector<std::string> recipients;
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
