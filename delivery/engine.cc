#include "delivery/engine.h"

#include <utility>

#include "asio/post.hpp"
#include "delivery/scheduler.h"

namespace mailstrom::delivery {

Engine::Engine(EngineOptions options, storage::Store& store, const Clock& clock, Alarms& alarms,
               DnsClient& dns, Connector& connector, RandomSource& random,
               asio::any_io_executor executor, DeliveryObserver* observer)
    : executor_(executor),
      scheduler_(Scheduler::Create(std::move(options), {store, clock, alarms, dns, connector,
                                                        random, std::move(executor), observer})) {}

Engine::~Engine() { scheduler_->Shutdown(); }

void Engine::Start() {
  asio::post(executor_, [scheduler = scheduler_] { scheduler->Start(); });
}

void Engine::SetPolicies(SitePolicies policies) {
  asio::post(executor_, [scheduler = scheduler_, policies = std::make_shared<const SitePolicies>(
                                                     std::move(policies))]() mutable {
    scheduler->SetPolicies(std::move(policies));
  });
}

void Engine::SetOrders(std::shared_ptr<const Orders> orders, absl::AnyInvocable<void()> done) {
  asio::post(executor_, [scheduler = scheduler_, orders = std::move(orders),
                         done = std::move(done)]() mutable {
    scheduler->SetOrders(std::move(orders), std::move(done));
  });
}

void Engine::SetPaused(bool paused) {
  asio::post(executor_, [scheduler = scheduler_, paused] { scheduler->SetPaused(paused); });
}

void Engine::Explain(RecipientInStore recipient, Done<Outlook> done) {
  asio::post(executor_,
             [scheduler = scheduler_, recipient = std::move(recipient),
              done = std::move(done)]() mutable { done(scheduler->Explain(recipient)); });
}

void Engine::FindSites(std::vector<std::string> domains, Done<std::vector<SiteReport>> done) {
  asio::post(executor_,
             [scheduler = scheduler_, domains = std::move(domains),
              done = std::move(done)]() mutable { done(scheduler->FindSites(domains)); });
}

void Engine::FindDomains(std::string site, Done<std::vector<std::string>> done) {
  asio::post(executor_, [scheduler = scheduler_, site = std::move(site),
                         done = std::move(done)]() mutable { done(scheduler->FindDomains(site)); });
}

void Engine::ReopenSites(std::vector<std::string> domains) {
  asio::post(executor_, [scheduler = scheduler_, domains = std::move(domains)] {
    scheduler->ReopenSites(domains);
  });
}

void Engine::ReadState(Done<DeliveryState> done) {
  asio::post(executor_, [scheduler = scheduler_, done = std::move(done)]() mutable {
    done(scheduler->ReadState());
  });
}

void Engine::ReportSites(size_t max_named, absl::AnyInvocable<void(SitesReport)> done) {
  asio::post(executor_, [scheduler = scheduler_, max_named, done = std::move(done)]() mutable {
    done(scheduler->ReportSites(max_named));
  });
}

void Engine::Drain(absl::Duration deadline, absl::AnyInvocable<void()> done) {
  asio::post(executor_, [scheduler = scheduler_, deadline, done = std::move(done)]() mutable {
    scheduler->Drain(deadline, std::move(done));
  });
}

}  // namespace mailstrom::delivery
