#ifndef MAILSTROM_DELIVERY_ENGINE_H_
#define MAILSTROM_DELIVERY_ENGINE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "asio/any_io_executor.hpp"
#include "base/alarms.h"
#include "base/clock.h"
#include "base/random_source.h"
#include "delivery/control.h"
#include "delivery/delivery_observer.h"
#include "delivery/dns/dns_client.h"
#include "delivery/options.h"
#include "delivery/site_policy.h"
#include "delivery/sites_report.h"
#include "delivery/transport.h"
#include "storage/store.h"

namespace mailstrom::delivery {

class Scheduler;

// Delivers what is in a store: claims recipients that are due, hands their messages to the servers
// of their domains and records what came of it, until it is drained.
//
// Threads: `executor` must run its work on one thread at a time (an io_context that one thread
// runs, or a strand), and `alarms`, `dns` and `connector` must belong to it. Start, SetPolicies,
// Drain and what Control has may be called from any thread; everything else happens on that
// executor. All that is passed in must outlive the engine; `observer` may be null. Destroy the
// engine after Drain has called `done`, or when the executor runs nothing any more; the store's
// calls must have ended before the executor's context is destroyed.
class Engine final : public Control {
 public:
  Engine(EngineOptions options, storage::Store& store, const Clock& clock, Alarms& alarms,
         DnsClient& dns, Connector& connector, RandomSource& random, asio::any_io_executor executor,
         DeliveryObserver* observer = nullptr);
  ~Engine() override;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  void Start();

  // Treats sites and chooses relays by these rules from now on; attempts under way and parcels that
  // wait keep theirs. Any thread. Nothing else of the options can be changed.
  void SetPolicies(SitePolicies policies);

  void SetOrders(std::shared_ptr<const Orders> orders, absl::AnyInvocable<void()> done) override;
  void SetPaused(bool paused) override;
  void Explain(RecipientInStore recipient, Done<Outlook> done) override;
  void FindSites(std::vector<std::string> domains, Done<std::vector<SiteReport>> done) override;
  void FindDomains(std::string site, Done<std::vector<std::string>> done) override;
  void ReopenSites(std::vector<std::string> domains) override;
  void ReadState(Done<DeliveryState> done) override;

  // Tells what sites are doing, the `max_named` busiest by name: `done` is called once, on the
  // executor, unless that runs nothing any more. Any thread.
  void ReportSites(size_t max_named, absl::AnyInvocable<void(SitesReport)> done);

  // Claims nothing new and gives back what waits. Attempts under way may go on for `deadline`, then
  // they are cut off: one that has sent its final dot is recorded as in doubt, any other leaves no
  // trace. `done` is called once, on the executor, when all outcomes are recorded, or some seconds
  // after the deadline if the store refuses them. From then on the engine touches nothing of what
  // was passed in. Call at most once.
  void Drain(absl::Duration deadline, absl::AnyInvocable<void()> done);

 private:
  const asio::any_io_executor executor_;
  const std::shared_ptr<Scheduler> scheduler_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_ENGINE_H_
