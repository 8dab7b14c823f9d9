#include "delivery/source_pool.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "openssl/sha.h"

namespace mailstrom::delivery {
namespace {

// In (0, 1), the same on every machine and in every release.
double Draw(absl::string_view key, absl::string_view address) {
  const std::string text = absl::StrCat(address, " ", key);
  uint8_t digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const uint8_t*>(text.data()), text.size(), digest);
  uint64_t bits = 0;
  for (int i = 0; i < 7; ++i) bits = bits << 8 | digest[i];
  // As many bits as a double holds; the half keeps it away from both ends.
  return (static_cast<double>(bits >> 4) + 0.5) * 0x1p-52;
}

// Each address draws a lot, and the highest one wins with a chance that is its weight's share.
const SourceAddress* Choose(const SourcePool& pool, bool is_ipv6, absl::string_view key) {
  const SourceAddress* best = nullptr;
  double best_score = -std::numeric_limits<double>::infinity();
  for (const SourceAddress& source : pool.addresses) {
    if (absl::StrContains(source.address, ':') != is_ipv6) continue;
    const double score = std::log(Draw(key, source.address)) / source.weight;
    if (best != nullptr && score <= best_score) continue;
    best = &source;
    best_score = score;
  }
  return best;
}

}  // namespace

SourceChoice ChooseSource(const SourcePool& pool, absl::string_view key) {
  SourceChoice choice;
  const SourceAddress* const ipv4 = Choose(pool, /*is_ipv6=*/false, key);
  const SourceAddress* const ipv6 = Choose(pool, /*is_ipv6=*/true, key);
  choice.has_ipv4 = ipv4 != nullptr;
  choice.has_ipv6 = ipv6 != nullptr;
  if (ipv4 != nullptr) choice.ipv4 = *ipv4;
  if (ipv6 != nullptr) choice.ipv6 = *ipv6;
  return choice;
}

std::string SourceKey(absl::string_view email_id, absl::string_view domain) {
  return absl::StrCat(email_id, " ", domain);
}

}  // namespace mailstrom::delivery
