#include "clients/cli/arguments.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace mailstrom::cli {
namespace {

const Option* FindOption(absl::Span<const Option> options, absl::string_view name) {
  for (const Option& option : options) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

bool IsOneOf(absl::string_view value, absl::string_view words) {
  if (words.empty()) return true;
  for (const absl::string_view word : absl::StrSplit(words, ' ')) {
    if (value == word) return true;
  }
  return false;
}

}  // namespace

bool Arguments::Has(absl::string_view option) const { return !All(option).empty(); }

std::string Arguments::Get(absl::string_view option, absl::string_view otherwise) const {
  const std::vector<std::string>& values = All(option);
  return values.empty() ? std::string(otherwise) : values.back();
}

const std::vector<std::string>& Arguments::All(absl::string_view option) const {
  static const auto* const kNone = new std::vector<std::string>();
  const auto found = values_.find(std::string(option));
  return found == values_.end() ? *kNone : found->second;
}

absl::StatusOr<Arguments> ParseArguments(absl::Span<const Option> options,
                                         absl::Span<const std::string> words) {
  Arguments arguments;
  for (size_t i = 0; i < words.size(); ++i) {
    const absl::string_view word = words[i];
    if (word == "--") {
      const auto rest = words.subspan(i + 1);
      arguments.operands_.insert(arguments.operands_.end(), rest.begin(), rest.end());
      break;
    }
    if (!absl::StartsWith(word, "-") || word == "-") {
      arguments.operands_.emplace_back(word);
      continue;
    }
    const size_t equals = word.find('=');
    const absl::string_view flag = word.substr(0, equals);
    const Option* option =
        absl::StartsWith(flag, "--") ? FindOption(options, flag.substr(2)) : nullptr;
    if (option == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("unknown option ", flag));
    }
    std::vector<std::string>& values = arguments.values_[std::string(option->name)];
    if (!values.empty() && !option->repeated) {
      return absl::InvalidArgumentError(absl::StrCat(flag, " was given twice"));
    }
    if (option->value_name.empty()) {
      if (equals != absl::string_view::npos) {
        return absl::InvalidArgumentError(absl::StrCat(flag, " takes no value"));
      }
      values.emplace_back();
    } else if (equals != absl::string_view::npos) {
      values.emplace_back(word.substr(equals + 1));
    } else if (i + 1 < words.size()) {
      values.push_back(words[++i]);
    } else {
      return absl::InvalidArgumentError(absl::StrCat(flag, " needs a value: ", option->value_name));
    }
    if (!IsOneOf(values.back(), option->words)) {
      return absl::InvalidArgumentError(absl::StrCat(flag, " is one of: ", option->words));
    }
  }
  return arguments;
}

}  // namespace mailstrom::cli
