#include "delivery/route_finder.h"

#include <algorithm>
#include <utility>

#include "delivery/spawn.h"

namespace mailstrom::delivery {

RouteFinder::RouteFinder(DnsClient& dns, RandomSource& random,
                         absl::flat_hash_set<std::string> own_names, asio::any_io_executor executor,
                         int max_lookups)
    : resolver_(dns, random, std::move(own_names)),
      executor_(std::move(executor)),
      max_lookups_(std::max(max_lookups, 1)) {}

void RouteFinder::Find(const std::string& domain, Done done) {
  std::vector<Done>& waiting = waiting_[domain];
  waiting.push_back(std::move(done));
  if (waiting.size() > 1) return;
  queue_.push_back(domain);
  StartNext();
}

void RouteFinder::Stop() {
  waiting_.clear();
  queue_.clear();
}

void RouteFinder::StartNext() {
  while (lookups_ < max_lookups_ && !queue_.empty()) {
    ++lookups_;
    std::string domain = std::move(queue_.front());
    queue_.pop_front();
    Spawn(executor_, "look up a route", LookUp(shared_from_this(), std::move(domain)));
  }
}

asio::awaitable<void> RouteFinder::LookUp(std::shared_ptr<RouteFinder> self, std::string domain) {
  const MxRoute route = co_await self->resolver_.Resolve(domain);
  --self->lookups_;
  const auto found = self->waiting_.find(domain);
  if (found != self->waiting_.end()) {
    std::vector<Done> waiting = std::move(found->second);
    self->waiting_.erase(found);
    for (Done& done : waiting) done(route);
  }
  self->StartNext();
}

}  // namespace mailstrom::delivery
