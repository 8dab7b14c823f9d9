#include "server/metrics/dns_metrics.h"

#include <utility>

#include "server/metrics/histogram_family.h"

namespace mailstrom::server {
namespace {

using delivery::DnsType;

constexpr std::pair<DnsType, const char*> kTypes[] = {
    {DnsType::kA, "A"},   {DnsType::kAaaa, "AAAA"}, {DnsType::kCname, "CNAME"},
    {DnsType::kMx, "MX"}, {DnsType::kTxt, "TXT"},   {DnsType::kTlsa, "TLSA"},
};
constexpr const char* kResultNames[] = {"records", "no_data", "no_such_name", "failed"};

}  // namespace

DnsMetrics::DnsMetrics(MetricsPage& page)
    : seconds_({0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}) {
  auto& lookups = prometheus::BuildCounter()
                      .Name("mailstrom_dns_lookups_total")
                      .Help(
                          "Look-ups in the DNS by type and result, without those that the cache "
                          "answered.")
                      .Register(page.registry());
  page.Add([this](MetricFamilies& families) {
    AddHistogram(families, "mailstrom_dns_lookup_duration_seconds",
                 "Length of look-ups in the DNS, without those that the cache answered.", seconds_);
  });
  for (const auto& [type, name] : kTypes) {
    ByResult& by_result = lookups_[type];
    for (int result = 0; result < kResults; ++result) {
      by_result[result] = &lookups.Add({{"type", name}, {"result", kResultNames[result]}});
    }
  }
}

void DnsMetrics::OnAnswer(DnsType type, const absl::StatusOr<delivery::DnsAnswer>& answer,
                          absl::Duration took) {
  seconds_.Observe(took);
  const auto found = lookups_.find(type);
  if (found == lookups_.end()) return;
  const Result result = !answer.ok()            ? kFailed
                        : answer->no_such_name  ? kNoSuchName
                        : answer->rdata.empty() ? kNoData
                                                : kRecords;
  found->second[result]->Increment();
}

asio::awaitable<absl::StatusOr<delivery::DnsAnswer>> MeteredDnsClient::Query(std::string name,
                                                                             DnsType type) {
  const absl::Time start = clock_.Now();
  absl::StatusOr<delivery::DnsAnswer> answer = co_await inner_.Query(std::move(name), type);
  metrics_.OnAnswer(type, answer, clock_.Now() - start);
  co_return answer;
}

}  // namespace mailstrom::server
