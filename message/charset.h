#ifndef MAILSTROM_MESSAGE_CHARSET_H_
#define MAILSTROM_MESSAGE_CHARSET_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace mailstrom::message {

// `bytes` of the charset (RFC 2978) of that name as valid UTF-8. Nothing when the charset is not
// one that mail uses, or the bytes are not of it.
std::optional<std::string> ConvertToUtf8(absl::string_view bytes, absl::string_view charset);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_CHARSET_H_
