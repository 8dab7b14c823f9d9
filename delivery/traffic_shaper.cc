#include "delivery/traffic_shaper.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "delivery/sleep.h"

namespace mailstrom::delivery {

TrafficShaper::TrafficShaper(const TotalRates& rates, size_t max_domains, SiteTable& sites,
                             const Clock& clock, Alarms& alarms, Hooks hooks)
    : sites_(sites),
      clock_(clock),
      alarms_(alarms),
      hooks_(std::move(hooks)),
      domains_(max_domains) {
  all_connections_.SetRate(rates.connections);
  all_messages_.SetRate(rates.messages);
  all_begun_.SetRate(rates.messages);
}

void TrafficShaper::SetDomainLimits(const std::string& domain, const DomainLimits& limits) {
  domains_.SetLimits(domain, limits);
}

int TrafficShaper::SiteLimit(const std::string& site_key) {
  const absl::Time now = clock_.Now();
  const SiteEntry& site = sites_.Get(site_key);
  const bool connected = hooks_.connected(site_key);
  const absl::Time next = std::max(SiteTurn(site, connected), TotalTurn(connected));
  if (next > now) {
    LookAgainAt(next, site_key, "");
    return 0;
  }
  return site.health.Limit(now);
}

bool TrafficShaper::MayStart(const Parcel& parcel) {
  const absl::Time next = DomainTurn(parcel);
  if (next <= clock_.Now()) return true;
  if (next == absl::InfiniteFuture()) {
    held_up_[parcel.limited_domain].insert(parcel.site.key);
  } else {
    LookAgainAt(next, parcel.site.key, parcel.limited_domain);
  }
  return false;
}

void TrafficShaper::AttemptBegan(const Parcel& parcel) {
  const absl::Time now = clock_.Now();
  sites_.Get(parcel.site.key).messages.Spend(1, now);
  all_messages_.Spend(1, now);
  if (!parcel.limited_domain.empty()) domains_.AttemptBegan(parcel.limited_domain, now);
}

void TrafficShaper::AttemptEnded(const Parcel& parcel) {
  const std::string& domain = parcel.limited_domain;
  if (domain.empty()) return;
  domains_.AttemptEnded(domain);
  const auto held_up = held_up_.extract(domain);
  if (held_up.empty()) return;
  for (const std::string& site_key : held_up.mapped()) hooks_.look_again(site_key, domain);
}

asio::awaitable<void> TrafficShaper::AwaitConnection(std::string site_key,
                                                     std::string limited_domain) {
  SiteEntry& site = sites_.Get(site_key);
  const absl::Time now = clock_.Now();
  absl::Time turn = std::max(site.connections.NextAvailable(), all_connections_.NextAvailable());
  site.connections.Spend(1, now);
  all_connections_.Spend(1, now);
  if (!limited_domain.empty()) {
    turn = std::max(turn, domains_.NextConnection(limited_domain));
    domains_.ConnectionOpened(limited_domain, now);
  }
  if (turn > now) co_await Sleep(alarms_, turn - now);
}

asio::awaitable<void> TrafficShaper::AwaitMessage(std::string site_key,
                                                  std::string limited_domain) {
  SiteEntry& site = sites_.Get(site_key);
  const absl::Time now = clock_.Now();
  absl::Time turn = std::max(site.begun.NextAvailable(), all_begun_.NextAvailable());
  site.begun.Spend(1, now);
  all_begun_.Spend(1, now);
  if (!limited_domain.empty()) {
    turn = std::max(turn, domains_.NextMessage(limited_domain));
    domains_.MessageBegan(limited_domain, now);
  }
  if (turn > now) co_await Sleep(alarms_, turn - now);
}

TrafficShaper::Turns TrafficShaper::FindTurns(const Parcel& parcel) {
  const bool connected = hooks_.connected(parcel.site.key);
  Turns turns;
  turns.total = TotalTurn(connected);
  if (const SiteEntry* site = sites_.Find(parcel.site.key)) turns.site = SiteTurn(*site, connected);
  if (!parcel.limited_domain.empty()) turns.domain = DomainTurn(parcel);
  return turns;
}

void TrafficShaper::Stop() {
  stopped_ = true;
  for (const auto& [key, alarm] : wakes_) alarms_.Cancel(alarm);
  wakes_.clear();
}

absl::Time TrafficShaper::SiteTurn(const SiteEntry& site, bool connected) {
  const absl::Time message = site.messages.NextAvailable();
  // Who can use an open connection need not open one.
  return connected ? message : std::max(message, site.connections.NextAvailable());
}

absl::Time TrafficShaper::TotalTurn(bool connected) const {
  const absl::Time message = all_messages_.NextAvailable();
  return connected ? message : std::max(message, all_connections_.NextAvailable());
}

absl::Time TrafficShaper::DomainTurn(const Parcel& parcel) {
  return domains_.NextAttempt(parcel.limited_domain, hooks_.connected(parcel.site.key));
}

void TrafficShaper::LookAgainAt(absl::Time time, const std::string& site_key,
                                const std::string& limited_domain) {
  const std::string key = absl::StrCat(site_key, "\n", limited_domain);
  if (stopped_ || wakes_.contains(key)) return;
  wakes_[key] = alarms_.Set(time - clock_.Now(), [=, this] {
    wakes_.erase(key);
    hooks_.look_again(site_key, limited_domain);
    hooks_.dispatch();
  });
}

}  // namespace mailstrom::delivery
