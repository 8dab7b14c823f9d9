#ifndef MAILSTROM_DELIVERY_SITE_QUEUES_H_
#define MAILSTROM_DELIVERY_SITE_QUEUES_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "delivery/parcel.h"

namespace mailstrom::delivery {

// Parcels that wait for their site, and how many of each site are under way. Sites take turns, so
// none waits for another's queue; the fuller the house, the less one site may have of it. Within a
// site, each domain with limits of its own has a lane, and lanes take turns. Lives on one strand.
class SiteQueues {
 public:
  // `max_running`: parcels under way over all sites. `site_limit`: how many a site for which some
  // wait may have now. `may_start`: whether a parcel with a limited domain may be under way now as
  // far as that domain is concerned; after a no, LaneChanged says when to ask again.
  SiteQueues(int max_running, std::function<int(const std::string&)> site_limit,
             std::function<bool(const Parcel&)> may_start);

  // Puts `parcel` behind its site's others; recipients of an email that waits there already, with
  // the same needs and source, travel along with it.
  void Push(Parcel parcel);

  // The parcel that Pop would take; null when all sites with work are at their limits.
  const Parcel* Peek();

  // Takes the next parcel and counts it as under way. Only after Peek has found one.
  Parcel Pop();

  // A parcel of the site is no longer under way.
  void Finished(const std::string& site_key);

  // A site's limit may have grown.
  void LimitChanged(const std::string& site_key);

  // A parcel of this domain may now be allowed to start at the site.
  void LaneChanged(const std::string& site_key, const std::string& limited_domain);

  // Takes all parcels that wait.
  std::vector<Parcel> TakeAll();
  // Takes those of one site, the oldest of each lane first, at most `max_parcels`.
  std::vector<Parcel> Take(const std::string& site_key, size_t max_parcels);

  // Where a recipient waits; nothing: it does not. Looks at all that wait.
  struct Place {
    const Parcel* parcel = nullptr;
    // Parcels before it in its lane.
    int before = 0;
  };
  std::optional<Place> Find(const std::string& email_id, int recipient_index) const;

  int running() const { return running_; }
  int running(const std::string& site_key) const;
  // Recipients that wait.
  int waiting() const { return waiting_; }
  int waiting(const std::string& site_key) const;

 private:
  struct Lane {
    // Never empty.
    std::deque<Parcel> parcels;
    bool in_turn = false;
  };
  struct Queue {
    // By limited domain; all others share the lane of the empty name.
    std::map<std::string, Lane> lanes;
    // Lanes that, when they got in line, nothing was known to hold up.
    std::deque<std::string> turns;
    int waiting = 0;
    int running = 0;
    bool in_turn = false;
  };

  bool MayRun(const std::string& site_key, const Queue& queue) const;
  void GiveTurn(const std::string& site_key, Queue& queue);
  static void GiveLaneTurn(const std::string& limited_domain, Lane& lane, Queue& queue);
  // The parcel whose lane is next; null when all lanes are held up.
  const Parcel* Next(Queue& queue);
  void DropIfIdle(const std::string& site_key);

  const int max_running_;
  const std::function<int(const std::string&)> site_limit_;
  const std::function<bool(const Parcel&)> may_start_;
  absl::flat_hash_map<std::string, Queue> queues_;
  // Sites with parcels waiting that were below their limits when they got in line.
  std::deque<std::string> turns_;
  int running_ = 0;
  int waiting_ = 0;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_SITE_QUEUES_H_
