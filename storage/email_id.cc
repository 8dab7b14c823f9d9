#include "storage/email_id.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace mailstrom::storage {
namespace {

constexpr char kAlphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr int64_t kMaxMillis = (int64_t{1} << 48) - 1;

void AppendDigits(uint64_t bits, int digits, std::string& out) {
  for (int shift = 5 * (digits - 1); shift >= 0; shift -= 5) {
    out.push_back(kAlphabet[(bits >> shift) & 31]);
  }
}

std::string Encode(absl::Time time, uint64_t random_high, uint64_t random_low) {
  std::string id;
  id.reserve(26);
  AppendDigits(std::clamp<int64_t>(absl::ToUnixMillis(time), 0, kMaxMillis), 10, id);
  AppendDigits(random_high, 8, id);
  AppendDigits(random_low, 8, id);
  return id;
}

}  // namespace

std::string NewEmailId(absl::Time now, RandomSource& random) {
  const uint64_t high = random.Next();
  return Encode(now, high, random.Next());
}

std::string FirstEmailIdAt(absl::Time time) { return Encode(time, 0, 0); }

}  // namespace mailstrom::storage
