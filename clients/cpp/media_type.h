#ifndef MAILSTROM_CLIENTS_CPP_MEDIA_TYPE_H_
#define MAILSTROM_CLIENTS_CPP_MEDIA_TYPE_H_

#include "absl/strings/string_view.h"

namespace mailstrom::client {

// The media type that a file's extension stands for, in any case; empty when it is not known.
absl::string_view MediaTypeForFile(absl::string_view filename);

}  // namespace mailstrom::client

#endif  // MAILSTROM_CLIENTS_CPP_MEDIA_TYPE_H_
