#include "delivery/route_finder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "delivery/spawn.h"

namespace mailstrom::delivery {

RouteFinder::RouteFinder(DnsClient& dns, RandomSource& random,
                         absl::flat_hash_set<std::string> own_names, asio::any_io_executor executor,
                         int max_lookups, std::shared_ptr<StsResolver> sts)
    : resolver_(dns, random, std::move(own_names)),
      executor_(std::move(executor)),
      max_lookups_(std::max(max_lookups, 1)),
      sts_(std::move(sts)) {}

void RouteFinder::Find(const std::string& domain, Done done) {
  std::vector<Done>& waiting = waiting_[domain];
  waiting.push_back(std::move(done));
  if (waiting.size() > 1) return;
  queue_.push_back(domain);
  StartNext();
}

void RouteFinder::Stop() {
  stopped_ = true;
  waiting_.clear();
  queue_.clear();
  if (sts_ != nullptr) sts_->Stop();
  // What is cancelled may end at once.
  const auto cancels = cancels_;
  for (const auto& cancel : cancels) cancel->emit(asio::cancellation_type::terminal);
}

void RouteFinder::StartNext() {
  while (lookups_ < max_lookups_ && !queue_.empty()) {
    ++lookups_;
    std::string domain = std::move(queue_.front());
    queue_.pop_front();
    auto cancel = std::make_shared<asio::cancellation_signal>();
    cancels_.insert(cancel);
    Spawn(executor_, "look up a route", LookUp(shared_from_this(), std::move(domain), cancel),
          cancel);
  }
}

asio::awaitable<void> RouteFinder::LookUp(std::shared_ptr<RouteFinder> self, std::string domain,
                                          std::shared_ptr<asio::cancellation_signal> cancel) {
  MxRoute route = co_await self->resolver_.Resolve(domain);
  const bool literal = absl::StartsWith(domain, "[");
  if (self->sts_ != nullptr && !self->stopped_ && !literal && route.kind == MxRoute::Kind::kHosts) {
    route = co_await self->sts_->Apply(std::move(route), domain);
  }
  --self->lookups_;
  self->cancels_.erase(cancel);
  const auto found = self->waiting_.find(domain);
  if (found != self->waiting_.end()) {
    std::vector<Done> waiting = std::move(found->second);
    self->waiting_.erase(found);
    for (Done& done : waiting) done(route);
  }
  self->StartNext();
}

}  // namespace mailstrom::delivery
