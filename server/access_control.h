#ifndef MAILSTROM_SERVER_ACCESS_CONTROL_H_
#define MAILSTROM_SERVER_ACCESS_CONTROL_H_

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "delivery/token_bucket.h"
#include "mailstrom/config/v1/server_config.pb.h"
#include "mailstrom/v1/mailstrom_service.pb.h"
#include "server/access_table.h"
#include "server/attempt_limiter.h"
#include "server/caller.h"
#include "server/tenant.h"

namespace mailstrom::server {

// Decides who may call. Thread-safe; does not block.
class AccessControl {
 public:
  // Without an access file nobody needs credentials. `clock` must outlive this.
  AccessControl(config::v1::AccessConfig config, const Clock& clock,
                AttemptLimiter::Options limits = {});

  // Reads the access file and those that it names. True: it is another than before.
  // InvalidArgument: it cannot be read, or is wrong; then nothing changes. Blocks.
  absl::StatusOr<bool> Reload();

  // False: everybody is let in unseen.
  bool is_required() const { return !config_.file().empty(); }

  // Who calls. A bearer token counts, else the certificate. The error is UNAUTHENTICATED, or
  // RESOURCE_EXHAUSTED for a host with too many failures: then its calls are refused unseen for a
  // while, but those with other keys are not.
  std::variant<Caller, v1::Error> Admit(CallCredentials credentials);

  // Whether a caller who was let in would be again, and as the same tenant: since then his key may
  // have been taken out of the file, or his token have expired. Counts no failure.
  bool StillAdmits(const Caller& caller) const;

  // The caller's tenant with the limits that are in force: a stream outlives those with which it
  // began. Null for a caller without a tenant.
  TenantPtr TenantInForce(const Caller& caller) const;

  // Whether the caller's rate lets him send an email now, and that he does.
  bool MaySend(const Caller& caller) const;
  void CountEmail(const Caller& caller);

 private:
  // Null until the file has been read.
  std::shared_ptr<const AccessTable> table() const;

  const config::v1::AccessConfig config_;
  const Clock& clock_;
  AttemptLimiter limiter_;

  mutable absl::Mutex mutex_;
  // Of which the table was made.
  std::vector<std::string> texts_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const AccessTable> table_ ABSL_GUARDED_BY(mutex_);
  // By name, so that reading the file again gives nobody a new allowance.
  absl::flat_hash_map<std::string, delivery::TokenBucket> rates_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_ACCESS_CONTROL_H_
