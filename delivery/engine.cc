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

void Engine::Drain(absl::Duration deadline, absl::AnyInvocable<void()> done) {
  asio::post(executor_, [scheduler = scheduler_, deadline, done = std::move(done)]() mutable {
    scheduler->Drain(deadline, std::move(done));
  });
}

}  // namespace mailstrom::delivery
