#include "clients/cli/doctor/tag_list.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace mailstrom::cli {

absl::StatusOr<TagList> TagList::Parse(absl::string_view text) {
  TagList list;
  for (const absl::string_view part : absl::StrSplit(text, ';')) {
    if (absl::StripAsciiWhitespace(part).empty()) continue;
    const size_t equals = part.find('=');
    const std::string name =
        absl::AsciiStrToLower(absl::StripAsciiWhitespace(part.substr(0, equals)));
    if (equals == absl::string_view::npos || name.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("`", part, "` is not tag=value"));
    }
    if (list.Has(name)) return absl::InvalidArgumentError(absl::StrCat(name, "= is repeated"));
    list.tags_.emplace_back(name, absl::StripAsciiWhitespace(part.substr(equals + 1)));
  }
  return list;
}

bool TagList::Has(absl::string_view name) const {
  for (const auto& [tag, value] : tags_) {
    if (tag == name) return true;
  }
  return false;
}

std::string TagList::Get(absl::string_view name, absl::string_view otherwise) const {
  for (const auto& [tag, value] : tags_) {
    if (tag == name) return value;
  }
  return std::string(otherwise);
}

}  // namespace mailstrom::cli
