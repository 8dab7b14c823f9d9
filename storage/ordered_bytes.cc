#include "storage/ordered_bytes.h"

#include <limits>

namespace mailstrom::storage {
namespace {

// Turns signed numbers into unsigned ones of the same order.
constexpr uint64_t kSignBit = uint64_t{1} << 63;

}  // namespace

void AppendNumber(uint64_t value, int bytes, std::string& out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
}

uint64_t ReadNumber(absl::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

void AppendSigned(int64_t value, std::string& out) {
  AppendNumber(static_cast<uint64_t>(value) ^ kSignBit, kNumberBytes, out);
}

int64_t ReadSigned(absl::string_view bytes) {
  return static_cast<int64_t>(ReadNumber(bytes.substr(0, kNumberBytes)) ^ kSignBit);
}

int64_t ToNanos(absl::Time time) { return absl::ToUnixNanos(time); }

absl::Time FromNanos(int64_t nanos) {
  if (nanos == std::numeric_limits<int64_t>::max()) return absl::InfiniteFuture();
  if (nanos == std::numeric_limits<int64_t>::min()) return absl::InfinitePast();
  return absl::FromUnixNanos(nanos);
}

}  // namespace mailstrom::storage
