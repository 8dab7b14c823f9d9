#ifndef MAILSTROM_DELIVERY_TOKEN_BUCKET_H_
#define MAILSTROM_DELIVERY_TOKEN_BUCKET_H_

#include "absl/time/time.h"

namespace mailstrom::delivery {

// Holds a rate on average, with bursts of up to a second's worth. May be overdrawn: the debt is
// waited for. Pure: time is passed in.
class TokenBucket {
 public:
  // Without a limit until set.
  void SetRate(double per_second);

  // Whether something may happen now.
  bool Available(absl::Time now) const { return now >= NextAvailable(); }
  // When it may; InfinitePast without a limit.
  absl::Time NextAvailable() const;
  // It happened.
  void Spend(double amount, absl::Time now);

 private:
  double per_second_ = 0;
  // When the bucket would be full if nothing more happened.
  absl::Time full_at_ = absl::InfinitePast();
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_TOKEN_BUCKET_H_
