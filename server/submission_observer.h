#ifndef MAILSTROM_SERVER_SUBMISSION_OBSERVER_H_
#define MAILSTROM_SERVER_SUBMISSION_OBSERVER_H_

#include "absl/time/time.h"
#include "mailstrom/v1/mailstrom_service.pb.h"

namespace mailstrom::server {

// Is told how submissions end, to count them. Called on any thread, several at once; must not
// block.
class SubmissionObserver {
 public:
  virtual ~SubmissionObserver() = default;
  // An email is durable, `took` after it came. `replayed`: an earlier call had made it.
  virtual void OnAccepted(int recipients, bool replayed, absl::Duration took) = 0;
  // `recipients`: how many the request named.
  virtual void OnRefused(int recipients, v1::ErrorReason reason) = 0;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_SUBMISSION_OBSERVER_H_
