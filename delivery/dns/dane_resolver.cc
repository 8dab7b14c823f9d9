#include "delivery/dns/dane_resolver.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mailstrom::delivery {
namespace {

// More than any host has; each one may cost a check of a signature.
constexpr size_t kMaxRecords = 16;

}  // namespace

asio::awaitable<absl::StatusOr<DaneHost>> DaneResolver::Resolve(std::string host, uint16_t port) {
  const absl::StatusOr<std::vector<std::string>> base_domains = co_await BaseDomains(host);
  if (!base_domains.ok()) co_return base_domains.status();
  for (const std::string& base_domain : *base_domains) {
    const absl::StatusOr<DnsAnswer> answer =
        co_await dns_.Query(absl::StrCat("_", port, "._tcp.", base_domain), DnsType::kTlsa);
    if (absl::IsInvalidArgument(answer.status())) continue;
    if (!answer.ok()) {
      co_return absl::UnavailableError(
          absl::StrCat("TLSA of ", base_domain, ": ", answer.status().message()));
    }
    if (!answer->authenticated || answer->rdata.empty()) continue;
    DaneHost found;
    found.base_domain = base_domain;
    for (const std::string& rdata : answer->rdata) {
      std::optional<TlsaRecord> record = ParseTlsaRecord(rdata);
      if (record && found.records.size() < kMaxRecords) found.records.push_back(*std::move(record));
    }
    found.kind = found.records.empty() ? DaneHost::Kind::kEncrypt : DaneHost::Kind::kAuthenticate;
    co_return found;
  }
  co_return DaneHost();
}

asio::awaitable<absl::StatusOr<std::vector<std::string>>> DaneResolver::BaseDomains(
    std::string host) {
  absl::Status error;
  for (const DnsType type : {DnsType::kA, DnsType::kAaaa}) {
    const absl::StatusOr<DnsAnswer> answer = co_await dns_.Query(host, type);
    if (!answer.ok()) {
      error = answer.status();
      continue;
    }
    if (answer->rdata.empty()) continue;
    std::vector<std::string> names;
    if (answer->authenticated) {
      names.push_back(answer->canonical_name);
      if (answer->canonical_name != host) names.push_back(host);
      co_return names;
    }
    if (answer->canonical_name == host) co_return names;
    // An alias out of a signed zone into one that is not: the alias itself is proved.
    const absl::StatusOr<DnsAnswer> alias = co_await dns_.Query(host, DnsType::kCname);
    if (!alias.ok()) co_return absl::UnavailableError(alias.status().message());
    if (alias->authenticated && !alias->rdata.empty()) names.push_back(host);
    co_return names;
  }
  if (!error.ok() && !absl::IsInvalidArgument(error)) co_return error;
  co_return std::vector<std::string>();
}

}  // namespace mailstrom::delivery
