#include "delivery/sts/sts_resolver.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/log.h"

namespace mailstrom::delivery {
namespace {

constexpr size_t kMaxFailures = 10000;
// RFC 8461 §3.3.
constexpr absl::Duration kPauseAfterFailure = absl::Minutes(5);

}  // namespace

StsResolver::StsResolver(DnsClient& dns, const Clock& clock, StsFetcher fetcher, StsCache cache,
                         std::function<void()> fetched)
    : dns_(dns),
      clock_(clock),
      fetcher_(std::move(fetcher)),
      cache_(std::move(cache)),
      failed_(kMaxFailures),
      fetched_(std::move(fetched)) {}

asio::awaitable<MxRoute> StsResolver::Apply(MxRoute route, std::string domain) {
  const Finding finding = co_await Find(domain);
  if (!finding.policy) co_return route;
  co_return UnderStsPolicy(std::move(route), *finding.policy, domain);
}

asio::awaitable<StsResolver::Finding> StsResolver::Find(std::string domain) {
  Finding finding;
  const absl::StatusOr<DnsAnswer> answer =
      co_await dns_.Query(absl::StrCat("_mta-sts.", domain), DnsType::kTxt);
  // Without an answer, or a record, what is known still holds.
  const std::optional<std::string> id = answer.ok() ? StsIdIn(answer->rdata) : std::nullopt;
  if (id) {
    const StsCache::Entry* known = cache_.Find(domain, clock_.Now());
    if (known == nullptr || known->id != *id) finding.status = co_await Refresh(domain, *id);
  }
  if (!answer.ok()) finding.status = answer.status();
  if (const StsCache::Entry* entry = cache_.Find(domain, clock_.Now())) {
    finding.policy = entry->policy;
    finding.id = entry->id;
  }
  co_return finding;
}

asio::awaitable<absl::Status> StsResolver::Refresh(std::string domain, std::string id) {
  const std::string key = absl::StrCat(domain, " ", id);
  if (failed_.Contains(key, clock_.Now())) {
    co_return absl::UnavailableError("it could not be fetched a moment ago");
  }
  ++fetching_;
  const absl::StatusOr<std::string> text = co_await fetcher_.Fetch(domain);
  --fetching_;
  absl::StatusOr<StsPolicy> policy = text.ok() ? ParseStsPolicy(*text) : text.status();
  if (policy.ok()) {
    cache_.Put(domain, std::move(id), *text, *std::move(policy), clock_.Now());
  } else if (!absl::IsCancelled(policy.status())) {
    LogWarning("MTA-STS policy cannot be fetched",
               {{"domain", domain}, {"error", std::string(policy.status().message())}});
    const absl::Time now = clock_.Now();
    failed_.Add(key, now + kPauseAfterFailure, now);
  }
  fetched_();
  co_return policy.status();
}

}  // namespace mailstrom::delivery
