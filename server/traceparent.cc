#include "server/traceparent.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace mailstrom::server {
namespace {

// `VV-`, then 32, 16 and 2 digits with dashes between them.
constexpr size_t kTraceIdAt = 3;
constexpr size_t kTraceIdSize = 32;
constexpr size_t kParentIdAt = 36;
constexpr size_t kParentIdSize = 16;
constexpr size_t kFlagsAt = 53;
constexpr size_t kSize = 55;

bool IsLowerHex(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
  });
}

bool IsAllZero(absl::string_view text) { return text.find_first_not_of('0') == text.npos; }

}  // namespace

std::string ParseTraceparent(const std::vector<absl::string_view>& values) {
  if (values.size() != 1 || values[0].size() < kSize) return "";
  const absl::string_view value = values[0];
  const absl::string_view version = value.substr(0, 2);
  const absl::string_view trace_id = value.substr(kTraceIdAt, kTraceIdSize);
  const absl::string_view parent_id = value.substr(kParentIdAt, kParentIdSize);
  const absl::string_view flags = value.substr(kFlagsAt, 2);
  if (value[kTraceIdAt - 1] != '-' || value[kParentIdAt - 1] != '-' || value[kFlagsAt - 1] != '-') {
    return "";
  }
  for (const absl::string_view field : {version, trace_id, parent_id, flags}) {
    if (!IsLowerHex(field)) return "";
  }
  if (version == "ff" || IsAllZero(trace_id) || IsAllZero(parent_id)) return "";
  // Later versions may go on behind the flags, with a dash.
  const bool ends = value.size() == kSize;
  if (!ends && (version == "00" || value[kSize] != '-')) return "";
  return absl::StrCat("00-", value.substr(kTraceIdAt, kSize - kTraceIdAt));
}

absl::string_view TraceId(absl::string_view traceparent) {
  return traceparent.size() < kSize ? "" : traceparent.substr(kTraceIdAt, kTraceIdSize);
}

}  // namespace mailstrom::server
