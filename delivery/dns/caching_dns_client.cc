#include "delivery/dns/caching_dns_client.h"

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"

namespace mailstrom::delivery {
namespace {

// Of the list, the index and the allocator.
constexpr size_t kOverheadOfEntry = 256;
constexpr size_t kOverheadOfRecord = 48;

size_t BytesOf(const std::string& name, const DnsAnswer& answer) {
  size_t bytes = kOverheadOfEntry + 2 * name.size() + answer.canonical_name.size();
  for (const std::string& rdata : answer.rdata) bytes += kOverheadOfRecord + rdata.size();
  return bytes;
}

}  // namespace

CachingDnsClient::CachingDnsClient(DnsClient& inner, const Clock& clock, size_t max_bytes)
    : inner_(inner), clock_(clock), max_bytes_(max_bytes) {}

asio::awaitable<absl::StatusOr<DnsAnswer>> CachingDnsClient::Query(std::string name, DnsType type) {
  absl::AsciiStrToLower(&name);
  if (!name.empty() && name.back() == '.') name.pop_back();
  Key key(name, type);
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) {
    const Entries::iterator entry = found->second;
    if (clock_.Now() < entry->end) {
      entries_.splice(entries_.begin(), entries_, entry);
      co_return entry->answer;
    }
    Forget(entry);
  }
  absl::StatusOr<DnsAnswer> answer = co_await inner_.Query(std::move(name), type);
  if (answer.ok()) Keep(std::move(key), *answer);
  co_return answer;
}

void CachingDnsClient::Keep(Key key, const DnsAnswer& answer) {
  const size_t bytes = BytesOf(key.first, answer);
  if (answer.ttl <= absl::ZeroDuration() || bytes > max_bytes_) return;
  // Another query for the same may have been answered meanwhile.
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) Forget(found->second);
  while (bytes_ + bytes > max_bytes_) Forget(std::prev(entries_.end()));
  entries_.push_front({key, answer, clock_.Now() + answer.ttl, bytes});
  bytes_ += bytes;
  by_key_.emplace(std::move(key), entries_.begin());
}

void CachingDnsClient::Forget(Entries::iterator entry) {
  bytes_ -= entry->bytes;
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

}  // namespace mailstrom::delivery
