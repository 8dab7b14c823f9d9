#ifndef MAILSTROM_DELIVERY_SITE_QUEUES_H_
#define MAILSTROM_DELIVERY_SITE_QUEUES_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "delivery/parcel.h"

namespace mailstrom::delivery {

// Parcels that wait for their site, and how many of each site are under way. Sites take turns, so
// none waits for another's queue; the fuller the house, the less one site may have of it. Lives on
// one strand.
class SiteQueues {
 public:
  // `max_running`: parcels under way over all sites. `site_limit`: how many a site may have now.
  SiteQueues(int max_running, std::function<int(const std::string&)> site_limit);

  // Puts `parcel` behind its site's others; recipients of an email that waits there already, with
  // the same needs, travel along with it.
  void Push(Parcel parcel);

  // The parcel that Pop would take; null when all sites with work are at their limits.
  const Parcel* Peek();

  // Takes the next parcel and counts it as under way. Only after Peek has found one.
  Parcel Pop();

  // A parcel of the site is no longer under way.
  void Finished(const std::string& site_key);

  // A site's limit may have grown.
  void LimitChanged(const std::string& site_key);

  // Takes all parcels that wait.
  std::vector<Parcel> TakeAll();
  // Takes those of one site, the oldest first, at most `max_parcels`.
  std::vector<Parcel> Take(const std::string& site_key, size_t max_parcels);

  int running() const { return running_; }
  int running(const std::string& site_key) const;
  // Recipients that wait.
  int waiting() const { return waiting_; }
  int waiting(const std::string& site_key) const;

 private:
  struct Queue {
    std::deque<Parcel> parcels;
    int waiting = 0;
    int running = 0;
    bool in_turn = false;
  };

  bool MayRun(const std::string& site_key, const Queue& queue) const;
  void GiveTurn(const std::string& site_key, Queue& queue);
  void DropIfIdle(const std::string& site_key);

  const int max_running_;
  const std::function<int(const std::string&)> site_limit_;
  absl::flat_hash_map<std::string, Queue> queues_;
  // Sites with parcels waiting that were below their limits when they got in line.
  std::deque<std::string> turns_;
  int running_ = 0;
  int waiting_ = 0;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_SITE_QUEUES_H_
