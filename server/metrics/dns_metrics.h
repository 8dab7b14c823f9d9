#ifndef MAILSTROM_SERVER_METRICS_DNS_METRICS_H_
#define MAILSTROM_SERVER_METRICS_DNS_METRICS_H_

#include <array>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "base/atomic_histogram.h"
#include "base/clock.h"
#include "delivery/dns/dns_client.h"
#include "prometheus/counter.h"
#include "server/metrics/metrics_page.h"

namespace mailstrom::server {

// Counts what the DNS is asked, and how long it takes to answer, and shows it on a page.
class DnsMetrics {
 public:
  explicit DnsMetrics(MetricsPage& page);

  // Thread-safe.
  void OnAnswer(delivery::DnsType type, const absl::StatusOr<delivery::DnsAnswer>& answer,
                absl::Duration took);

 private:
  enum Result { kRecords, kNoData, kNoSuchName, kFailed, kResults };
  using ByResult = std::array<prometheus::Counter*, kResults>;

  absl::flat_hash_map<delivery::DnsType, ByResult> lookups_;
  AtomicHistogram seconds_;
};

// Passes queries on and counts them. Lives on one strand.
class MeteredDnsClient final : public delivery::DnsClient {
 public:
  // All must outlive it.
  MeteredDnsClient(delivery::DnsClient& inner, const Clock& clock, DnsMetrics& metrics)
      : inner_(inner), clock_(clock), metrics_(metrics) {}

  asio::awaitable<absl::StatusOr<delivery::DnsAnswer>> Query(std::string name,
                                                             delivery::DnsType type) override;

 private:
  delivery::DnsClient& inner_;
  const Clock& clock_;
  DnsMetrics& metrics_;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_METRICS_DNS_METRICS_H_
