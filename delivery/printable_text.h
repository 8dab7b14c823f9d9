#ifndef MAILSTROM_DELIVERY_PRINTABLE_TEXT_H_
#define MAILSTROM_DELIVERY_PRINTABLE_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace mailstrom::delivery {

// Appends `line` to `text` as printable UTF-8: what is none becomes U+FFFD, byte for byte. Stops
// before a character that would make `text` longer than `max_bytes`. False: it did not fit.
bool AppendPrintable(absl::string_view line, size_t max_bytes, std::string& text);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_PRINTABLE_TEXT_H_
