#ifndef MAILSTROM_DELIVERY_RELEASE_PACER_H_
#define MAILSTROM_DELIVERY_RELEASE_PACER_H_

#include "absl/time/time.h"

namespace mailstrom::delivery {

// Spreads what one site's queue has no room for over the time in which the site is likely to get to
// it, so that it is neither asked for again and again nor late. Learns the site's pace from what it
// gets done. Pure: time is passed in.
class ReleasePacer {
 public:
  // An attempt for `recipients` ended. `is_last`: nothing else waits or is under way, so the time
  // until the next one is idle and says nothing of the pace.
  void OnDone(int recipients, bool is_last, absl::Time now);

  // When to come back with `recipients` more, while `waiting` are in the queue. Always between 5
  // seconds and 15 minutes ahead.
  absl::Time NextTurn(int recipients, int waiting, absl::Time now);

  // Recipients per second.
  double pace() const { return pace_; }

 private:
  double PaceAt(absl::Time now) const;

  // A site is taken to be quick until it has been seen at work: what comes back too soon costs a
  // claim, but what comes back too late is late mail.
  double pace_ = 100;
  bool is_measured_ = false;
  absl::Time window_start_ = absl::InfinitePast();
  int window_count_ = 0;
  // Up to here the site has enough to do.
  absl::Time horizon_ = absl::InfinitePast();
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_RELEASE_PACER_H_
