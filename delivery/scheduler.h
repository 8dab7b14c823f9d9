#ifndef MAILSTROM_DELIVERY_SCHEDULER_H_
#define MAILSTROM_DELIVERY_SCHEDULER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "asio/any_io_executor.hpp"
#include "asio/awaitable.hpp"
#include "asio/cancellation_signal.hpp"
#include "base/alarms.h"
#include "base/clock.h"
#include "base/random_source.h"
#include "delivery/attempt.h"
#include "delivery/claim_settler.h"
#include "delivery/claimer.h"
#include "delivery/connection_cache.h"
#include "delivery/content_reader.h"
#include "delivery/control.h"
#include "delivery/delivery_observer.h"
#include "delivery/destination_filter.h"
#include "delivery/dns/dns_client.h"
#include "delivery/email_router.h"
#include "delivery/expiring_set.h"
#include "delivery/intake.h"
#include "delivery/known_sites.h"
#include "delivery/options.h"
#include "delivery/order_enforcer.h"
#include "delivery/orders.h"
#include "delivery/outcome_recorder.h"
#include "delivery/parcel.h"
#include "delivery/route_finder.h"
#include "delivery/session_closer.h"
#include "delivery/site_policy.h"
#include "delivery/site_queues.h"
#include "delivery/site_table.h"
#include "delivery/sites_report.h"
#include "delivery/sts/sts_resolver.h"
#include "delivery/traffic_shaper.h"
#include "delivery/transport.h"
#include "storage/store.h"

namespace mailstrom::delivery {

// What a scheduler works with. As for Engine.
struct SchedulerParts {
  storage::Store& store;
  const Clock& clock;
  Alarms& alarms;
  DnsClient& dns;
  Connector& connector;
  RandomSource& random;
  asio::any_io_executor executor;
  // May be null.
  DeliveryObserver* observer = nullptr;
};

// Leads recipients from the store through routing and their site's queue to an attempt, and its
// outcome back to the store. Holds no truth of its own: what it forgets, the store hands out again.
// Lives on one strand; call only from it.
class Scheduler : public std::enable_shared_from_this<Scheduler> {
 public:
  static std::shared_ptr<Scheduler> Create(EngineOptions options, SchedulerParts parts);
  ~Scheduler();

  void Start();
  // As Engine::ReportSites.
  SitesReport ReportSites(size_t max_named) const;
  // As Engine::SetPolicies.
  void SetPolicies(std::shared_ptr<const SitePolicies> policies);
  // As Control.
  void SetOrders(std::shared_ptr<const Orders> orders, absl::AnyInvocable<void()> done);
  void SetPaused(bool paused);
  Outlook Explain(const RecipientInStore& recipient);
  std::vector<SiteReport> FindSites(const std::vector<std::string>& domains);
  std::vector<std::string> FindDomains(const std::string& site) const;
  void ReopenSites(const std::vector<std::string>& domains);
  DeliveryState ReadState() const;
  // As Engine::Drain.
  void Drain(absl::Duration deadline, absl::AnyInvocable<void()> done);
  // Lets go of all that was passed in. Afterwards nothing happens any more.
  void Shutdown();

 private:
  // A parcel under way.
  struct Running {
    const Parcel* parcel = nullptr;
    // Null before and after the attempt.
    Attempt* attempt = nullptr;
    std::shared_ptr<asio::cancellation_signal> cancel;
    Alarms::Id watchdog = Alarms::kNone;
    // It was cut off because it took too long.
    bool overdue = false;
  };

  Scheduler(EngineOptions options, SchedulerParts parts);
  void ConnectParts();

  // Whether the store takes outcomes, as far as is known.
  bool CanRecord() const;
  int Room() const;
  void Take(std::vector<storage::ClaimedEmail> emails);
  // Puts a parcel into its site's queue, or away if it cannot wait there.
  void Enqueue(Parcel parcel);
  // Waits for the turn of one more connection, and makes room for it.
  asio::awaitable<void> BeforeConnect(std::string site_key, std::string limited_domain);
  // The site has one open connection less.
  void OnClosed(const std::string& site_key);
  // Closes idle connections that would be too many beside a new one.
  void MakeRoom(const std::string& site_key);
  void Dispatch();
  static asio::awaitable<void> Run(std::shared_ptr<Scheduler> self, Parcel parcel,
                                   std::shared_ptr<asio::cancellation_signal> cancel);
  asio::awaitable<void> Deliver(Parcel& parcel, Running& running);
  asio::awaitable<void> Attend(Parcel& parcel, Running& running, ContentReader::Content content);

  // What there is to say of a site or a recipient; in scheduler_report.cc.
  SiteReport Report(const std::string& site_key);
  void AddObstacles(const RecipientInStore& recipient, Outlook& outlook);
  void AddObstaclesOfWaiting(const SiteQueues::Place& place, Outlook& outlook);

  // Empties the queue of a site that is suspended, some parcels at a time.
  void PutAway(const std::string& site_key);

  void LearnAboutSite(const Parcel& parcel, const AttemptResult& result);
  // Keeps a parcel of a dead site.
  void HoldForDeadSite(const Parcel& parcel, const SiteEntry& site);
  // Keeps those of a parcel for whom its site had no room.
  void HoldForRoom(const Parcel& parcel, OutcomeRecorder::Unheard unheard);
  void CutOff(Running& running);
  void OnSettled(int claims);
  void Abort();
  void Abandon();
  bool Quiet() const;
  void FinishDrainIfQuiet();

  const EngineOptions options_;
  SchedulerParts parts_;
  const DestinationFilter filter_;
  DaneResolver dane_;
  ExpiringSet broken_starttls_;
  ExpiringSet unreachable_;
  std::shared_ptr<const SitePolicies> policies_;
  SiteTable sites_;
  KnownSites known_sites_;
  TrafficShaper shaper_;
  std::shared_ptr<StsResolver> sts_;
  std::shared_ptr<RouteFinder> routes_;
  std::shared_ptr<EmailRouter> router_;
  std::shared_ptr<ContentReader> contents_;
  std::shared_ptr<ClaimSettler> settler_;
  std::optional<OutcomeRecorder> outcomes_;
  std::shared_ptr<OrderEnforcer> enforcer_;
  std::shared_ptr<Intake> intake_;
  std::shared_ptr<Claimer> claimer_;
  SiteQueues queues_;
  SessionCloser closer_;
  ConnectionCache connections_;
  std::unique_ptr<AttemptContext> context_;

  // An operator said so.
  bool paused_ = false;

  absl::flat_hash_set<Running*> running_;
  // The same, with those before and after the attempt.
  absl::flat_hash_set<const Running*> under_way_;
  // Claims that are held.
  int in_hand_ = 0;
  // Bytes of messages under way.
  int64_t content_bytes_ = 0;
  bool draining_ = false;
  bool aborting_ = false;
  // Attempts that wait for DNS still are left behind.
  bool abandoning_ = false;
  bool closed_ = false;
  Alarms::Id deadline_ = Alarms::kNone;
  absl::AnyInvocable<void()> drained_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_SCHEDULER_H_
