#ifndef MAILSTROM_TESTS_MESSAGE_MESSAGE_READER_H_
#define MAILSTROM_TESTS_MESSAGE_MESSAGE_READER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "message/content.h"

namespace mailstrom::message {

// Reads a composed message back into what it was composed from, by the parsers of message/: as
// NormalizeContent would give it, but for `date` in whole seconds and without `bcc`.
// InvalidArgument: it cannot have come from Compose.
absl::StatusOr<Content> ReadMessage(absl::string_view message);

// `content` in the form in which a message can hold it: addresses in their shortest form, one CRLF
// at the end of every line of text, attachments with their default type and inline ones first,
// without a Sender that repeats From, and without Bcc.
Content NormalizeContent(Content content);

// The first difference between two contents, for people; empty when they are equal.
std::string DescribeDifference(const Content& got, const Content& want);

}  // namespace mailstrom::message

#endif  // MAILSTROM_TESTS_MESSAGE_MESSAGE_READER_H_
