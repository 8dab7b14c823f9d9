#ifndef MAILSTROM_SERVER_READINESS_H_
#define MAILSTROM_SERVER_READINESS_H_

#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "storage/store.h"

namespace mailstrom::server {

// Says whether callers should be sent here: while the store is healthy. From its construction to
// its destruction.
class Readiness final : private storage::StoreListener {
 public:
  // `report` is told at once, and then of each change; one call at a time, none after the
  // destruction. Must not block. `store` must outlive it.
  Readiness(storage::Store& store, std::function<void(bool ready)> report);
  ~Readiness() override;

 private:
  void OnDue(absl::Time) override {}
  void OnEvents(int64_t) override {}
  void OnHealth(const absl::Status& health) override;

  storage::Store& store_;
  const std::function<void(bool)> report_;

  absl::Mutex mutex_;
  // OnHealth was called, so that what was read before is old.
  bool heard_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_READINESS_H_
