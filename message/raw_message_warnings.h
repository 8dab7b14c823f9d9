#ifndef MAILSTROM_MESSAGE_RAW_MESSAGE_WARNINGS_H_
#define MAILSTROM_MESSAGE_RAW_MESSAGE_WARNINGS_H_

#include <vector>

#include "absl/time/time.h"
#include "message/message.h"
#include "message/mime_parser.h"

namespace mailstrom::message {

// What will hurt the delivery of a message that CheckRaw lets pass: a subject that is missing,
// empty or long, a date far from `now`, nothing to read, or HTML without plain text.
std::vector<Violation> FindWarnings(const MimeTree& tree, absl::Time now);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_RAW_MESSAGE_WARNINGS_H_
