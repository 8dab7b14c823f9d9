#ifndef MAILSTROM_CLIENTS_CLI_ARGUMENTS_H_
#define MAILSTROM_CLIENTS_CLI_ARGUMENTS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace mailstrom::cli {

// One `--option` of a command.
struct Option {
  // Without the dashes.
  absl::string_view name;
  // How help calls its value; empty for a switch, which takes none.
  absl::string_view value_name;
  absl::string_view help;
  // May stand more than once.
  bool repeated = false;
  // Words, parted by spaces, of which its value is one; empty: any value.
  absl::string_view words = "";
};

// The words of a command line, sorted out.
class Arguments {
 public:
  // Whether the option was given.
  bool Has(absl::string_view option) const;
  // The option's value, or `otherwise` when it was not given.
  std::string Get(absl::string_view option, absl::string_view otherwise = "") const;
  // All values of a repeated option, in order.
  const std::vector<std::string>& All(absl::string_view option) const;
  // The words that belong to no option, in order.
  const std::vector<std::string>& operands() const { return operands_; }

 private:
  friend absl::StatusOr<Arguments> ParseArguments(absl::Span<const Option> options,
                                                  absl::Span<const std::string> words);

  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> operands_;
};

// Understands `--name value`, `--name=value`, `--switch`, and `--` before operands that begin with
// a dash. A lone `-` is an operand or a value. InvalidArgument: says which word is wrong and why.
absl::StatusOr<Arguments> ParseArguments(absl::Span<const Option> options,
                                         absl::Span<const std::string> words);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_ARGUMENTS_H_
