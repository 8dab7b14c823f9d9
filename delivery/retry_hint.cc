#include "delivery/retry_hint.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace mailstrom::delivery {
namespace {

// Words, numbers and times of day, all in lower case; a number that runs into its unit (`300s`) is
// two.
std::vector<std::string> Tokens(absl::string_view text) {
  std::vector<std::string> tokens;
  bool in_number = false;
  bool in_token = false;
  for (const char raw : text) {
    const char c = absl::ascii_tolower(static_cast<unsigned char>(raw));
    const bool digit =
        absl::ascii_isdigit(static_cast<unsigned char>(c)) || (in_number && c == ':');
    if (!digit && !absl::ascii_isalpha(static_cast<unsigned char>(c))) {
      in_token = false;
      in_number = false;
      continue;
    }
    if (!in_token || digit != in_number) tokens.emplace_back();
    tokens.back().push_back(c);
    in_token = true;
    in_number = digit;
  }
  return tokens;
}

std::optional<absl::Duration> UnitOf(absl::string_view word) {
  struct Unit {
    absl::string_view name;
    absl::Duration length;
  };
  static constexpr std::array<Unit, 14> kUnits = {{
      {"s", absl::Seconds(1)},
      {"sec", absl::Seconds(1)},
      {"secs", absl::Seconds(1)},
      {"second", absl::Seconds(1)},
      {"seconds", absl::Seconds(1)},
      {"m", absl::Minutes(1)},
      {"min", absl::Minutes(1)},
      {"mins", absl::Minutes(1)},
      {"minute", absl::Minutes(1)},
      {"minutes", absl::Minutes(1)},
      {"h", absl::Hours(1)},
      {"hr", absl::Hours(1)},
      {"hour", absl::Hours(1)},
      {"hours", absl::Hours(1)},
  }};
  for (const Unit& unit : kUnits) {
    if (unit.name == word) return unit.length;
  }
  return std::nullopt;
}

std::optional<absl::Duration> ParseClock(absl::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  if (parts.size() != 2 && parts.size() != 3) return std::nullopt;
  int64_t seconds = 0;
  for (const std::string& part : parts) {
    uint32_t number;
    if (part.size() > 4 || !absl::SimpleAtoi(part, &number)) return std::nullopt;
    seconds = seconds * 60 + number;
  }
  return absl::Seconds(seconds);
}

// `in 5 minutes`, `after 300 s`, `for 1 hour`, `in 00:05:00`, from the number on.
std::optional<absl::Duration> ParseLength(const std::vector<std::string>& tokens, size_t i) {
  if (i >= tokens.size()) return std::nullopt;
  if (tokens[i].find(':') != std::string::npos) return ParseClock(tokens[i]);
  uint32_t number;
  if (tokens[i].size() > 6 || !absl::SimpleAtoi(tokens[i], &number)) return std::nullopt;
  const std::optional<absl::Duration> unit =
      i + 1 < tokens.size() ? UnitOf(tokens[i + 1]) : std::nullopt;
  if (!unit) return std::nullopt;
  return *unit * number;
}

bool SpeaksOfRetry(absl::string_view word) {
  return word == "again" || word == "retry" || word == "retrying" || word == "wait" ||
         word == "back" || word == "resend" || word == "try" || word == "later" ||
         word == "greylisted" || word == "greylisting" || word == "greylist";
}

}  // namespace

std::optional<absl::Duration> FindRetryHint(absl::string_view text) {
  const std::vector<std::string> tokens = Tokens(text);
  bool retry = false;
  for (size_t i = 0; i < tokens.size(); ++i) {
    retry = retry || SpeaksOfRetry(tokens[i]);
    if (!retry) continue;
    if (const std::optional<absl::Duration> length = ParseLength(tokens, i)) return length;
  }
  return std::nullopt;
}

}  // namespace mailstrom::delivery
