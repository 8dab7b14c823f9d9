#include "delivery/dns/host_name.h"

#include <cstddef>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"

namespace mailstrom::delivery {
namespace {

constexpr size_t kMaxLabelBytes = 63;
constexpr size_t kMaxNameBytes = 253;

bool IsHostByte(char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_'; }

bool IsLabel(absl::string_view label) {
  return !label.empty() && label.size() <= kMaxLabelBytes && absl::c_all_of(label, IsHostByte);
}

}  // namespace

bool IsHostName(absl::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes) return false;
  const std::vector<absl::string_view> labels = absl::StrSplit(name, '.');
  return absl::c_all_of(labels, IsLabel) &&
         !absl::c_all_of(labels.back(), [](char c) { return absl::ascii_isdigit(c); });
}

std::optional<std::string> HostNameFromWire(absl::string_view wire) {
  std::string name;
  while (!wire.empty()) {
    const auto length = static_cast<unsigned char>(wire[0]);
    wire.remove_prefix(1);
    if (length == 0) {
      if (!wire.empty() || name.size() > kMaxNameBytes) return std::nullopt;
      return absl::AsciiStrToLower(name);
    }
    // The upper bits mark a compression pointer, which has no place here.
    if (length > kMaxLabelBytes || length > wire.size()) return std::nullopt;
    const absl::string_view label = wire.substr(0, length);
    if (!IsLabel(label) || name.size() > kMaxNameBytes) return std::nullopt;
    if (!name.empty()) name += '.';
    name.append(label.data(), label.size());
    wire.remove_prefix(length);
  }
  return std::nullopt;
}

}  // namespace mailstrom::delivery
