#ifndef MAILSTROM_BASE_DURATION_TEXT_H_
#define MAILSTROM_BASE_DURATION_TEXT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"

namespace mailstrom {

// Durations as people write them: one or more numbers, each with a unit of d, h, m, s, ms, us or
// ns. InvalidArgument: it is none, or is negative or infinite.
absl::StatusOr<absl::Duration> ParseDurationText(absl::string_view text);
// With days where they fit.
std::string FormatDurationText(absl::Duration duration);

google::protobuf::Duration ToProto(absl::Duration duration);
// Saturates outside protobuf's range.
absl::Duration FromProto(const google::protobuf::Duration& duration);

}  // namespace mailstrom

#endif  // MAILSTROM_BASE_DURATION_TEXT_H_
