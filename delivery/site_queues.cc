#include "delivery/site_queues.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mailstrom::delivery {

SiteQueues::SiteQueues(int max_running, std::function<int(const std::string&)> site_limit)
    : max_running_(std::max(max_running, 1)), site_limit_(std::move(site_limit)) {}

void SiteQueues::Push(Parcel parcel) {
  const std::string site_key = parcel.site.key;
  Queue& queue = queues_[site_key];
  const int count = static_cast<int>(parcel.recipients.size());
  queue.waiting += count;
  waiting_ += count;
  if (!queue.parcels.empty()) {
    Parcel& last = queue.parcels.back();
    if (last.email->email_id == parcel.email->email_id &&
        last.needs_smtputf8 == parcel.needs_smtputf8) {
      std::move(parcel.recipients.begin(), parcel.recipients.end(),
                std::back_inserter(last.recipients));
      return;
    }
  }
  queue.parcels.push_back(std::move(parcel));
  GiveTurn(site_key, queue);
}

const Parcel* SiteQueues::Peek() {
  if (running_ >= max_running_) return nullptr;
  // Sites at their limits fall out of line; those that only have their share of a full house go to
  // its end. There are at most max_running of those.
  for (size_t left = turns_.size(); left > 0; --left) {
    Queue& queue = queues_.at(turns_.front());
    if (!queue.parcels.empty() && queue.running < site_limit_(turns_.front())) {
      if (MayRun(turns_.front(), queue)) return &queue.parcels.front();
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
  Parcel parcel = std::move(queue.parcels.front());
  queue.parcels.pop_front();
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

std::vector<Parcel> SiteQueues::TakeAll() {
  std::vector<Parcel> taken;
  std::vector<std::string> keys;
  for (const auto& [site_key, queue] : queues_) keys.push_back(site_key);
  for (const std::string& site_key : keys) {
    std::vector<Parcel> parcels = Take(site_key, queues_.at(site_key).parcels.size());
    std::move(parcels.begin(), parcels.end(), std::back_inserter(taken));
  }
  return taken;
}

std::vector<Parcel> SiteQueues::Take(const std::string& site_key, size_t max_parcels) {
  const auto found = queues_.find(site_key);
  if (found == queues_.end()) return {};
  Queue& queue = found->second;
  std::vector<Parcel> taken;
  while (!queue.parcels.empty() && taken.size() < max_parcels) {
    const int count = static_cast<int>(queue.parcels.front().recipients.size());
    queue.waiting -= count;
    waiting_ -= count;
    taken.push_back(std::move(queue.parcels.front()));
    queue.parcels.pop_front();
  }
  DropIfIdle(site_key);
  return taken;
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
  if (queue.in_turn || queue.parcels.empty() || queue.running >= site_limit_(site_key)) return;
  queue.in_turn = true;
  turns_.push_back(site_key);
}

void SiteQueues::DropIfIdle(const std::string& site_key) {
  const auto found = queues_.find(site_key);
  if (found == queues_.end()) return;
  const Queue& queue = found->second;
  if (queue.parcels.empty() && queue.running == 0 && !queue.in_turn) queues_.erase(found);
}

}  // namespace mailstrom::delivery
