#include "delivery/tlsa_record.h"

#include <cstddef>

namespace mailstrom::delivery {
namespace {

constexpr size_t kHeaderBytes = 3;

// Of a digest; 0: any size but none.
size_t DataBytes(TlsaRecord::Matching matching) {
  switch (matching) {
    case TlsaRecord::Matching::kExact:
      return 0;
    case TlsaRecord::Matching::kSha256:
      return 32;
    case TlsaRecord::Matching::kSha512:
      return 64;
  }
  return 0;
}

}  // namespace

std::optional<TlsaRecord> ParseTlsaRecord(absl::string_view rdata) {
  if (rdata.size() <= kHeaderBytes) return std::nullopt;
  const auto usage = static_cast<uint8_t>(rdata[0]);
  const auto selector = static_cast<uint8_t>(rdata[1]);
  const auto matching = static_cast<uint8_t>(rdata[2]);
  if (usage != 2 && usage != 3) return std::nullopt;
  if (selector > 1 || matching > 2) return std::nullopt;
  TlsaRecord record;
  record.usage = static_cast<TlsaRecord::Usage>(usage);
  record.selector = static_cast<TlsaRecord::Selector>(selector);
  record.matching = static_cast<TlsaRecord::Matching>(matching);
  record.data = std::string(rdata.substr(kHeaderBytes));
  const size_t bytes = DataBytes(record.matching);
  if (bytes > 0 && record.data.size() != bytes) return std::nullopt;
  return record;
}

}  // namespace mailstrom::delivery
