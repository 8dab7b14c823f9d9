#ifndef MAILSTROM_SERVER_SUBMITTER_H_
#define MAILSTROM_SERVER_SUBMITTER_H_

#include <atomic>
#include <string>
#include <variant>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/random_source.h"
#include "mailstrom/v1/mailstrom_service.pb.h"
#include "server/access_control.h"
#include "server/caller.h"
#include "server/dkim_keys.h"
#include "server/submission.h"
#include "server/submission_observer.h"
#include "storage/store.h"

namespace mailstrom::server {

// The one way by which an email comes in, whatever the RPC. Thread-safe.
class Submitter {
 public:
  // All arguments must outlive the submitter and its calls; `observer` may be null.
  Submitter(storage::Store& store, const Clock& clock, RandomSource& random, DkimKeys& keys,
            AccessControl& access, SubmissionOptions options,
            SubmissionObserver* observer = nullptr);

  // The email is durable (or valid, when only that was asked), or why it was refused.
  using Result = std::variant<v1::SendEmailResponse, v1::Error>;

  // Validates, composes and stores, as far as `caller` may. `done` runs once, within the call or on
  // a thread of the store, and must not block. `request` is needed during the call only.
  void Submit(const Caller& caller, const v1::SendEmailRequest& request,
              absl::AnyInvocable<void(Result)> done);

  // From now on everything is refused with UNAVAILABLE and the reason DRAINING.
  void StopAccepting() { draining_.store(true); }

 private:
  using Done = absl::AnyInvocable<void(Result)>;

  // Tells the observer before `done`.
  Done Observe(const v1::SendEmailRequest& request, Done done);

  storage::Store& store_;
  const Clock& clock_;
  RandomSource& random_;
  DkimKeys& keys_;
  AccessControl& access_;
  const SubmissionOptions options_;
  SubmissionObserver* const observer_;
  std::atomic<bool> draining_ = false;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_SUBMITTER_H_
