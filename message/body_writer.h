#ifndef MAILSTROM_MESSAGE_BODY_WRITER_H_
#define MAILSTROM_MESSAGE_BODY_WRITER_H_

#include <string>

#include "base/random_source.h"
#include "message/content.h"

namespace mailstrom::message {

// Appends the fields of MIME, the empty line that ends a header, and the body (RFC 2045, 2046):
// `content` has passed CheckContent. Text and HTML are alternatives, HTML and the attachments with
// a content_id are related, the other attachments are mixed in. `random` makes boundaries.
void AppendBody(const Content& content, RandomSource& random, std::string& out);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_BODY_WRITER_H_
