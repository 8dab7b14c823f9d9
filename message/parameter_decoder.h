#ifndef MAILSTROM_MESSAGE_PARAMETER_DECODER_H_
#define MAILSTROM_MESSAGE_PARAMETER_DECODER_H_

#include <vector>

#include "message/mime_fields.h"

namespace mailstrom::message {

// `parameters`, as they stand in a field, with what RFC 2231 adds undone: sections (§3) are joined
// in the order of their numbers up to the first that is missing, percent-encoded values (§4) become
// UTF-8. What is malformed, or in a charset that is not known, is left out.
std::vector<MimeParameter> DecodeParameters(const std::vector<MimeParameter>& parameters);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_PARAMETER_DECODER_H_
