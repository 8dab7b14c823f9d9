#ifndef MAILSTROM_MESSAGE_MIME_FIELDS_H_
#define MAILSTROM_MESSAGE_MIME_FIELDS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mailstrom::message {

struct MimeParameter {
  // In lower case.
  std::string name;
  // Without quotes.
  std::string value;
};

// The value of a Content-Type field (RFC 2045 §5.1).
struct ContentType {
  // Both in lower case.
  std::string type = "text";
  std::string subtype = "plain";
  std::vector<MimeParameter> parameters;

  bool Is(absl::string_view other_type, absl::string_view other_subtype) const {
    return type == other_type && subtype == other_subtype;
  }
  // The value of that parameter, or null.
  const std::string* Find(absl::string_view name) const;
};

// InvalidArgument: the message says what is malformed.
absl::StatusOr<ContentType> ParseContentType(absl::string_view value);

// A boundary that RFC 2046 §5.1.1 allows.
bool IsBoundary(absl::string_view text);

// What a Content-Transfer-Encoding field may say (RFC 2045 §6.1).
enum class DeclaredEncoding { k7Bit, k8Bit, kBinary, kQuotedPrintable, kBase64, kUnknown };

// kUnknown when `value` names none of them.
DeclaredEncoding ParseDeclaredEncoding(absl::string_view value);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_MIME_FIELDS_H_
