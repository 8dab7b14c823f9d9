#ifndef MAILSTROM_CLIENTS_CLI_DOCTOR_TAG_LIST_H_
#define MAILSTROM_CLIENTS_CLI_DOCTOR_TAG_LIST_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mailstrom::cli {

// `name=value` parts of a record, parted by semicolons (RFC 6376 §3.2), without white space around
// them; names in lower case.
class TagList {
 public:
  // InvalidArgument: a part is no tag, or one is repeated.
  static absl::StatusOr<TagList> Parse(absl::string_view text);

  bool Has(absl::string_view name) const;
  std::string Get(absl::string_view name, absl::string_view otherwise = "") const;
  // The name of the first one; empty when there is none.
  std::string first() const { return tags_.empty() ? "" : tags_.front().first; }

 private:
  std::vector<std::pair<std::string, std::string>> tags_;
};

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_DOCTOR_TAG_LIST_H_
