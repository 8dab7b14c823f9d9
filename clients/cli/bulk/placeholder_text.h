#ifndef MAILSTROM_CLIENTS_CLI_BULK_PLACEHOLDER_TEXT_H_
#define MAILSTROM_CLIENTS_CLI_BULK_PLACEHOLDER_TEXT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace mailstrom::cli {

// Text with places for the values of columns: `{name}`, the name made of letters, digits, `_`, `-`
// and `.`; braces around anything else are text, as in a style sheet. `{{name}}` is the text
// `{name}`.
class PlaceholderText {
 public:
  // InvalidArgument: there is no such column; names are compared in lower case.
  static absl::StatusOr<PlaceholderText> Parse(absl::string_view text,
                                               absl::Span<const std::string> columns);

  // With the values of one record, one for each column. `html`: so that they are text in HTML.
  std::string Fill(absl::Span<const std::string> values, bool html) const;

 private:
  struct Piece {
    std::string text;
    // That follows the text; -1: none.
    int column = -1;
  };
  std::vector<Piece> pieces_;
};

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_BULK_PLACEHOLDER_TEXT_H_
