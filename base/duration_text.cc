#include "base/duration_text.h"

#include <cctype>

#include "absl/strings/str_cat.h"

namespace mailstrom {

absl::StatusOr<absl::Duration> ParseDurationText(absl::string_view text) {
  const absl::Status malformed = absl::InvalidArgumentError(absl::StrCat(
      "\"", text.substr(0, 40),
      "\" is not a duration; write a number with a unit, such as 500ms, 30s, 5m, 4h or 5d"));
  // absl::ParseDuration knows no days: those are cut off in front.
  absl::Duration days = absl::ZeroDuration();
  absl::string_view rest = text;
  size_t digits = 0;
  while (digits < rest.size() && std::isdigit(static_cast<unsigned char>(rest[digits]))) ++digits;
  if (digits > 0 && digits < rest.size() && digits <= 6 && rest[digits] == 'd') {
    int count = 0;
    for (const char c : rest.substr(0, digits)) count = count * 10 + (c - '0');
    days = absl::Hours(24) * count;
    rest.remove_prefix(digits + 1);
    if (rest.empty()) return days;
  }
  absl::Duration tail;
  if (rest.empty() || !std::isdigit(static_cast<unsigned char>(rest.front())) ||
      !absl::ParseDuration(rest, &tail) || tail < absl::ZeroDuration() ||
      tail == absl::InfiniteDuration()) {
    return malformed;
  }
  return days + tail;
}

std::string FormatDurationText(absl::Duration duration) {
  const int64_t days = absl::ToInt64Hours(duration) / 24;
  if (days == 0) return absl::FormatDuration(duration);
  const absl::Duration rest = duration - absl::Hours(24 * days);
  return absl::StrCat(days, "d", rest == absl::ZeroDuration() ? "" : absl::FormatDuration(rest));
}

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration proto;
  absl::Duration rest;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &rest));
  proto.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  return proto;
}

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

}  // namespace mailstrom
