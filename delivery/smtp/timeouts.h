#ifndef MAILSTROM_DELIVERY_SMTP_TIMEOUTS_H_
#define MAILSTROM_DELIVERY_SMTP_TIMEOUTS_H_

#include "absl/time/time.h"

namespace mailstrom::delivery::smtp {

// RFC 5321 §4.5.3.2, with room for the greeting's own lookup on the other side. Each covers a whole
// reply, however slowly its bytes come; data_block covers progress.
struct Timeouts {
  absl::Duration connect = absl::Seconds(30);
  absl::Duration greeting = absl::Minutes(5);
  absl::Duration hello = absl::Minutes(5);
  absl::Duration tls = absl::Minutes(2);
  absl::Duration auth = absl::Minutes(2);
  absl::Duration mail = absl::Minutes(5);
  absl::Duration rcpt = absl::Minutes(5);
  absl::Duration data_command = absl::Minutes(2);
  absl::Duration data_block = absl::Minutes(3);
  absl::Duration data_end = absl::Minutes(10);
  absl::Duration quit = absl::Seconds(10);
  // Cap on each of Open and Deliver as a whole, against a peer that makes progress for ever.
  absl::Duration call = absl::Hours(2);
};

}  // namespace mailstrom::delivery::smtp

#endif  // MAILSTROM_DELIVERY_SMTP_TIMEOUTS_H_
