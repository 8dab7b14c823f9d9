#include "message/parameter_decoder.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "message/charset.h"

namespace mailstrom::message {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::string DecodePercent(absl::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 &&
        HexValue(text[i + 2]) >= 0) {
      bytes.push_back(static_cast<char>(HexValue(text[i + 1]) << 4 | HexValue(text[i + 2])));
      i += 2;
    } else {
      bytes.push_back(text[i]);
    }
  }
  return bytes;
}

// One `name*N*=value`.
struct Section {
  bool is_encoded = false;
  absl::string_view value;
};

// Splits `name*`, `name*N` or `name*N*` into its name, number and whether it is encoded; nothing
// for a name without asterisk.
struct SectionName {
  absl::string_view name;
  int number = 0;
  bool is_encoded = false;
};

std::optional<SectionName> ParseSectionName(absl::string_view text) {
  SectionName section;
  section.is_encoded = absl::ConsumeSuffix(&text, "*");
  const size_t asterisk = text.find('*');
  section.name = text.substr(0, asterisk);
  if (asterisk == absl::string_view::npos) {
    return section.is_encoded ? std::optional<SectionName>(section) : std::nullopt;
  }
  if (!absl::SimpleAtoi(text.substr(asterisk + 1), &section.number) || section.number < 0) {
    return std::nullopt;
  }
  return section;
}

// The charset is named at the front of the first section: `charset'language'value`.
std::optional<std::string> JoinSections(const std::map<int, Section>& sections) {
  std::string charset;
  std::string bytes;
  int expected = 0;
  for (const auto& [number, section] : sections) {
    if (number != expected) break;
    ++expected;
    absl::string_view value = section.value;
    if (number == 0 && section.is_encoded) {
      const size_t first = value.find('\'');
      const size_t second = value.find('\'', first + 1);
      if (first == absl::string_view::npos || second == absl::string_view::npos) {
        return std::nullopt;
      }
      charset = std::string(value.substr(0, first));
      value.remove_prefix(second + 1);
    }
    bytes.append(section.is_encoded ? DecodePercent(value) : std::string(value));
  }
  if (expected == 0) return std::nullopt;
  return charset.empty() ? bytes : ConvertToUtf8(bytes, charset);
}

}  // namespace

std::vector<MimeParameter> DecodeParameters(const std::vector<MimeParameter>& parameters) {
  std::vector<MimeParameter> decoded;
  std::map<absl::string_view, std::map<int, Section>> sectioned;
  for (const MimeParameter& parameter : parameters) {
    const std::optional<SectionName> section = ParseSectionName(parameter.name);
    if (!section.has_value()) {
      decoded.push_back(parameter);
    } else {
      sectioned[section->name][section->number] = {section->is_encoded, parameter.value};
    }
  }
  for (const auto& [name, sections] : sectioned) {
    std::optional<std::string> value = JoinSections(sections);
    if (value.has_value()) decoded.push_back({std::string(name), *std::move(value)});
  }
  return decoded;
}

}  // namespace mailstrom::message
