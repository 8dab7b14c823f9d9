#ifndef MAILSTROM_MESSAGE_RAW_MESSAGE_HEADER_H_
#define MAILSTROM_MESSAGE_RAW_MESSAGE_HEADER_H_

#include <string>
#include <vector>

#include "message/field_parser.h"
#include "message/message.h"

namespace mailstrom::message {

// What the header of a raw message says about it.
struct HeaderFindings {
  Envelope envelope;
  // Without angle brackets; empty when there is no valid one.
  std::string message_id;
  bool has_date = false;
  bool has_message_id = false;
  std::vector<Violation> violations;
};

// Checks the fields of a message's header (RFC 5322 §3.6): which of them there must be, which only
// once, and the syntax of dates, addresses and identifiers. A missing Date or Message-ID is no
// violation. `header.problems` are violations too.
HeaderFindings CheckHeader(const HeaderBlock& header);

// True for a field that names hidden recipients (Bcc, Resent-Bcc), which must not leave.
bool IsBlindField(const Field& field);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_RAW_MESSAGE_HEADER_H_
