#ifndef MAILSTROM_DELIVERY_ATTEMPT_RECORD_H_
#define MAILSTROM_DELIVERY_ATTEMPT_RECORD_H_

// From what an attempt met to what is kept of it. Pure.

#include <string>

#include "absl/strings/string_view.h"
#include "delivery/reply_policy.h"
#include "delivery/smtp/reply_parser.h"
#include "storage/records.h"

namespace mailstrom::delivery {

// A reply as it is stored: its lines joined by line feeds, anything that is not valid UTF-8 or is a
// control character replaced, cut at 1024 bytes on a character's border.
storage::Reply ToStoredReply(const smtp::Reply& reply);

// What `verdict` means and why, for people; begins with the enhanced code where it is our own.
std::string Describe(const Verdict& verdict, absl::string_view reason);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_ATTEMPT_RECORD_H_
