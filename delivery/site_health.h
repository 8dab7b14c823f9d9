#ifndef MAILSTROM_DELIVERY_SITE_HEALTH_H_
#define MAILSTROM_DELIVERY_SITE_HEALTH_H_

#include <string>

#include "absl/time/time.h"
#include "delivery/reply_policy.h"

namespace mailstrom::delivery {

// Bounds on what a site is asked to bear.
struct SiteHealthOptions {
  // Attempts under way at most, and at first.
  int max_connections = 20;
  int first_connections = 5;
  // So many attempts in a row that could not speak with the site suspend it.
  int failures_to_suspend = 3;
  // The first suspension, and the longest; each is twice as long as the one before.
  absl::Duration first_suspension = absl::Minutes(1);
  absl::Duration longest_suspension = absl::Minutes(30);
};

// What one site can bear, learnt from how its attempts end: concurrency grows while all is well,
// doubling at first, then by one a round; it halves when the site asks for less. A site that cannot
// be spoken with, or takes not even one connection, is suspended, then probed with one attempt.
// Pure: time is passed in.
class SiteHealth {
 public:
  enum class Advice {
    kGo,
    kHold,   // Suspended for a moment; keep what is due until then, as if it were not due yet.
    kDefer,  // Dead for some time; treat what is due as a failed attempt, without making one.
  };

  explicit SiteHealth(const SiteHealthOptions& options);

  // An attempt that began at `start` ended. `draw` in [0, 1) is for the jitter of a suspension.
  // True: the site has just been suspended.
  bool OnAttempt(Verdict::SiteEffect effect, absl::Time start, absl::Time now, double draw);

  // The bounds have changed.
  void SetConnections(int max_connections, int first_connections);

  // Suspends the site for `length`, as somebody said; it is no sign that it is dead.
  void SuspendFor(absl::Duration length, absl::Time now);

  // Ends a suspension. A site that has failed is probed with one attempt.
  void Reopen() { suspended_until_ = absl::InfinitePast(); }

  // How many attempts may be under way now.
  int Limit(absl::Time now) const;

  Advice AdviceAt(absl::Time now) const;
  // End of the present or last suspension.
  absl::Time suspended_until() const { return suspended_until_; }

 private:
  void Grow();
  void Shrink(absl::Time start, absl::Time now);
  bool Suspend(absl::Time start, absl::Time now, double draw);

  SiteHealthOptions options_;
  double limit_;
  // Nothing was learnt yet.
  bool untried_ = true;
  bool has_shrunk_ = false;
  // What began before this has been answered to.
  absl::Time last_shrink_ = absl::InfinitePast();
  int failures_ = 0;
  // Suspensions without a sign of life in between.
  int suspensions_ = 0;
  absl::Time suspended_until_ = absl::InfinitePast();
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_SITE_HEALTH_H_
