#ifndef MAILSTROM_MESSAGE_DATE_H_
#define MAILSTROM_MESSAGE_DATE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mailstrom::message {

// `time` as a date-time of RFC 5322 §3.3 in UTC, whole seconds, such as
// `Fri, 02 Jan 2026 03:04:05 +0000`. Times before 1900 or after 9999 become the nearest year's end.
std::string FormatDate(absl::Time time);

// Parses the value of a Date field: the strict form and the obsolete one (§4.3: comments anywhere,
// years of two or three digits, zone names). A leap second is the first second after it.
// InvalidArgument: no such form, or a date that does not exist, or a day of the week that is not
// the date's; the message says what.
absl::StatusOr<absl::Time> ParseDate(absl::string_view text);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_DATE_H_
