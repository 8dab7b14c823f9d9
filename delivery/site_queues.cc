#include "delivery/site_queues.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace mailstrom::delivery {

SiteQueues::SiteQueues(int max_running, std::function<int(const std::string&)> site_limit,
                       std::function<bool(const Parcel&)> may_start)
    : max_running_(std::max(max_running, 1)),
      site_limit_(std::move(site_limit)),
      may_start_(std::move(may_start)) {}

void SiteQueues::Push(Parcel parcel) {
  const std::string site_key = parcel.site.key;
  Queue& queue = queues_[site_key];
  const int count = static_cast<int>(parcel.recipients.size());
  queue.waiting += count;
  waiting_ += count;
  const std::string limited_domain = parcel.limited_domain;
  Lane& lane = queue.lanes[limited_domain];
  if (!lane.parcels.empty()) {
    Parcel& last = lane.parcels.back();
    if (last.email->email_id == parcel.email->email_id &&
        last.needs_smtputf8 == parcel.needs_smtputf8 && last.source == parcel.source) {
      std::move(parcel.recipients.begin(), parcel.recipients.end(),
                std::back_inserter(last.recipients));
      return;
    }
  }
  lane.parcels.push_back(std::move(parcel));
  GiveLaneTurn(limited_domain, lane, queue);
  GiveTurn(site_key, queue);
}

const Parcel* SiteQueues::Peek() {
  if (running_ >= max_running_) return nullptr;
  // Sites at their limits fall out of line; those that only have their share of a full house go to
  // its end. There are at most max_running of those.
  for (size_t left = turns_.size(); left > 0; --left) {
    Queue& queue = queues_.at(turns_.front());
    const bool may_run = !queue.turns.empty() && queue.running < site_limit_(turns_.front());
    const Parcel* const next = may_run ? Next(queue) : nullptr;
    if (next != nullptr) {
      if (MayRun(turns_.front(), queue)) return next;
      turns_.push_back(std::move(turns_.front()));
    } else {
      queue.in_turn = false;
      const std::string site_key = std::move(turns_.front());
      turns_.pop_front();
      DropIfIdle(site_key);
      continue;
    }
    turns_.pop_front();
  }
  return nullptr;
}

Parcel SiteQueues::Pop() {
  const std::string site_key = std::move(turns_.front());
  turns_.pop_front();
  Queue& queue = queues_.at(site_key);
  queue.in_turn = false;
  const std::string limited_domain = std::move(queue.turns.front());
  queue.turns.pop_front();
  Lane& lane = queue.lanes.at(limited_domain);
  lane.in_turn = false;
  Parcel parcel = std::move(lane.parcels.front());
  lane.parcels.pop_front();
  if (lane.parcels.empty()) {
    queue.lanes.erase(limited_domain);
  } else {
    GiveLaneTurn(limited_domain, lane, queue);
  }
  const int count = static_cast<int>(parcel.recipients.size());
  queue.waiting -= count;
  waiting_ -= count;
  ++queue.running;
  ++running_;
  GiveTurn(site_key, queue);
  return parcel;
}

void SiteQueues::Finished(const std::string& site_key) {
  Queue& queue = queues_.at(site_key);
  --queue.running;
  --running_;
  GiveTurn(site_key, queue);
  DropIfIdle(site_key);
}

void SiteQueues::LimitChanged(const std::string& site_key) {
  const auto found = queues_.find(site_key);
  if (found != queues_.end()) GiveTurn(site_key, found->second);
}

void SiteQueues::LaneChanged(const std::string& site_key, const std::string& limited_domain) {
  const auto found = queues_.find(site_key);
  if (found == queues_.end()) return;
  const auto lane = found->second.lanes.find(limited_domain);
  if (lane == found->second.lanes.end()) return;
  GiveLaneTurn(limited_domain, lane->second, found->second);
  GiveTurn(site_key, found->second);
}

std::vector<Parcel> SiteQueues::TakeAll() {
  std::vector<Parcel> taken;
  std::vector<std::string> keys;
  for (const auto& [site_key, queue] : queues_) keys.push_back(site_key);
  for (const std::string& site_key : keys) {
    std::vector<Parcel> parcels = Take(site_key, std::numeric_limits<size_t>::max());
    std::move(parcels.begin(), parcels.end(), std::back_inserter(taken));
  }
  return taken;
}

std::vector<Parcel> SiteQueues::Take(const std::string& site_key, size_t max_parcels) {
  const auto found = queues_.find(site_key);
  if (found == queues_.end()) return {};
  Queue& queue = found->second;
  std::vector<Parcel> taken;
  while (!queue.lanes.empty() && taken.size() < max_parcels) {
    std::deque<Parcel>& parcels = queue.lanes.begin()->second.parcels;
    const int count = static_cast<int>(parcels.front().recipients.size());
    queue.waiting -= count;
    waiting_ -= count;
    taken.push_back(std::move(parcels.front()));
    parcels.pop_front();
    if (!parcels.empty()) continue;
    std::erase(queue.turns, queue.lanes.begin()->first);
    queue.lanes.erase(queue.lanes.begin());
  }
  DropIfIdle(site_key);
  return taken;
}

std::optional<SiteQueues::Place> SiteQueues::Find(const std::string& email_id,
                                                  int recipient_index) const {
  for (const auto& [site_key, queue] : queues_) {
    for (const auto& [limited_domain, lane] : queue.lanes) {
      int before = 0;
      for (const Parcel& parcel : lane.parcels) {
        if (parcel.email->email_id == email_id &&
            HasRecipient(parcel.recipients, recipient_index)) {
          return Place{&parcel, before};
        }
        ++before;
      }
    }
  }
  return std::nullopt;
}

int SiteQueues::running(const std::string& site_key) const {
  const auto found = queues_.find(site_key);
  return found == queues_.end() ? 0 : found->second.running;
}

int SiteQueues::waiting(const std::string& site_key) const {
  const auto found = queues_.find(site_key);
  return found == queues_.end() ? 0 : found->second.waiting;
}

bool SiteQueues::MayRun(const std::string& site_key, const Queue& queue) const {
  const int share = std::max(1, (max_running_ - running_) / 2);
  return queue.running < std::min(site_limit_(site_key), share);
}

void SiteQueues::GiveTurn(const std::string& site_key, Queue& queue) {
  if (queue.in_turn || queue.turns.empty() || queue.running >= site_limit_(site_key)) return;
  queue.in_turn = true;
  turns_.push_back(site_key);
}

void SiteQueues::GiveLaneTurn(const std::string& limited_domain, Lane& lane, Queue& queue) {
  if (lane.in_turn) return;
  lane.in_turn = true;
  queue.turns.push_back(limited_domain);
}

const Parcel* SiteQueues::Next(Queue& queue) {
  while (!queue.turns.empty()) {
    Lane& lane = queue.lanes.at(queue.turns.front());
    const Parcel& parcel = lane.parcels.front();
    if (parcel.limited_domain.empty() || may_start_(parcel)) return &parcel;
    lane.in_turn = false;
    queue.turns.pop_front();
  }
  return nullptr;
}

void SiteQueues::DropIfIdle(const std::string& site_key) {
  const auto found = queues_.find(site_key);
  if (found == queues_.end()) return;
  const Queue& queue = found->second;
  if (queue.lanes.empty() && queue.running == 0 && !queue.in_turn) queues_.erase(found);
}

}  // namespace mailstrom::delivery
