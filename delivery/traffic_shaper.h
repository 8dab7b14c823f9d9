#ifndef MAILSTROM_DELIVERY_TRAFFIC_SHAPER_H_
#define MAILSTROM_DELIVERY_TRAFFIC_SHAPER_H_

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "asio/awaitable.hpp"
#include "base/alarms.h"
#include "base/clock.h"
#include "delivery/domain_gate.h"
#include "delivery/domain_limits.h"
#include "delivery/parcel.h"
#include "delivery/site_table.h"
#include "delivery/token_bucket.h"

namespace mailstrom::delivery {

// Holds attempts, connections and messages to the limits and rates that apply: those of the site,
// those of the domain where it has its own, and those over all sites. What it refuses it has looked
// at again once that may help. Lives on one strand.
class TrafficShaper {
 public:
  struct Hooks {
    // Whether a connection to the site stands open and idle, so that none need be opened.
    std::function<bool(const std::string& site_key)> connected;
    // A site may be allowed more than when it was asked about last; if `limited_domain` is not
    // empty, that is so for the parcels of this domain.
    std::function<void(const std::string& site_key, const std::string& limited_domain)> look_again;
    // After that, when it is the time that has come: attempts may begin.
    std::function<void()> dispatch;
  };

  // Rates over all sites, per second; 0 is no limit.
  struct TotalRates {
    double connections = 0;
    double messages = 0;
  };

  // What is passed in by reference must outlive it. Remembers as many limited domains as
  // DomainGate.
  TrafficShaper(const TotalRates& rates, size_t max_domains, SiteTable& sites, const Clock& clock,
                Alarms& alarms, Hooks hooks);
  TrafficShaper(const TrafficShaper&) = delete;
  TrafficShaper& operator=(const TrafficShaper&) = delete;

  // In force from now on.
  void SetDomainLimits(const std::string& domain, const DomainLimits& limits);

  // How many attempts a site for which parcels wait may have under way now. None while a rate holds
  // it up; it is looked at again when that is over.
  int SiteLimit(const std::string& site_key);
  // Whether the limited domain of a parcel may have one more under way now; after a no, it is
  // looked at again when that may have changed.
  bool MayStart(const Parcel& parcel);

  // An attempt takes its share of the rates, and gives its place back when it is over.
  void AttemptBegan(const Parcel& parcel);
  void AttemptEnded(const Parcel& parcel);

  // Waits for the turn to open one more connection, or to begin one more message. Turns are given
  // in the order of the calls. `limited_domain` is empty where the domain has no limits.
  asio::awaitable<void> AwaitConnection(std::string site_key, std::string limited_domain);
  asio::awaitable<void> AwaitMessage(std::string site_key, std::string limited_domain);

  // When the rates let an attempt begin, as far as each is concerned; in the past: now.
  struct Turns {
    absl::Time site = absl::InfinitePast();
    absl::Time total = absl::InfinitePast();
    // InfiniteFuture: once an attempt of the domain that is under way has ended.
    absl::Time domain = absl::InfinitePast();
  };
  Turns FindTurns(const Parcel& parcel);

  // From now on nothing is looked at again because its time has come.
  void Stop();

 private:
  static absl::Time SiteTurn(const SiteEntry& site, bool connected);
  absl::Time TotalTurn(bool connected) const;
  absl::Time DomainTurn(const Parcel& parcel);
  // Has the site, and the lane of the domain unless that is empty, looked at again at `time`.
  void LookAgainAt(absl::Time time, const std::string& site_key, const std::string& limited_domain);

  SiteTable& sites_;
  const Clock& clock_;
  Alarms& alarms_;
  const Hooks hooks_;
  DomainGate domains_;
  // Over all sites. Of messages, as in SiteEntry.
  TokenBucket all_connections_;
  TokenBucket all_messages_;
  TokenBucket all_begun_;
  // Keys of sites where parcels wait until attempts of their limited domain have ended.
  std::map<std::string, std::set<std::string>> held_up_;
  // Alarms of sites and lanes that are at the limit of a rate.
  absl::flat_hash_map<std::string, Alarms::Id> wakes_;
  bool stopped_ = false;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_TRAFFIC_SHAPER_H_
