#ifndef MAILSTROM_DELIVERY_SMTP_SEVEN_BIT_FORM_H_
#define MAILSTROM_DELIVERY_SMTP_SEVEN_BIT_FORM_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mailstrom::delivery::smtp {

// `message`, which has 8-bit content, for a server without 8BITMIME (RFC 6152 §3).
// FailedPrecondition: it bears a signature that would not survive (DKIM, RFC 6376 §5.3; ARC,
// RFC 8617), or cannot be converted for another reason; the message says which.
absl::StatusOr<std::string> SevenBitForm(absl::string_view message);

}  // namespace mailstrom::delivery::smtp

#endif  // MAILSTROM_DELIVERY_SMTP_SEVEN_BIT_FORM_H_
