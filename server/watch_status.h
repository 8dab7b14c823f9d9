#ifndef MAILSTROM_SERVER_WATCH_STATUS_H_
#define MAILSTROM_SERVER_WATCH_STATUS_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/support/server_callback.h"
#include "mailstrom/v1/mailstrom_service.pb.h"
#include "server/caller.h"
#include "server/event_run_cache.h"
#include "server/status_hub.h"
#include "storage/store.h"

namespace mailstrom::server {

class WatchStream;

struct WatchOptions {
  absl::Duration heartbeat_interval = absl::Seconds(15);
  // Events held for a client that does not keep up; one with more is served from the log, and holds
  // fewer.
  size_t max_pending_events = 1024;
  // For all who catch up together.
  EventRunCache::Options cache = {};
};

// Starts WatchStatus streams and ends them when the server stops. Thread-safe.
class WatchStreams {
 public:
  // `store` and `hub` must outlive all streams.
  WatchStreams(storage::Store& store, StatusHub& hub, WatchOptions options);
  // No stream may be left.
  ~WatchStreams();

  // The reactor of a new stream; it goes away by itself after its end.
  grpc::ServerWriteReactor<v1::WatchStatusResponse>* Start(const v1::WatchStatusRequest& request,
                                                           Caller caller = {});

  // Ends the streams of callers who may not go on, with UNAUTHENTICATED.
  void EndUnless(absl::FunctionRef<bool(const Caller& caller)> may_go_on);

  // Streams that have begun and not ended.
  size_t size() const;

  // Ends all streams, present and future, with UNAVAILABLE and the reason DRAINING.
  void Drain();

 private:
  std::vector<std::shared_ptr<WatchStream>> All() const;

  friend class WatchStream;
  void Forget(const WatchStream* stream);

  storage::Store& store_;
  StatusHub& hub_;
  const WatchOptions options_;
  EventRunCache runs_;

  mutable absl::Mutex mutex_;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<const WatchStream*, std::weak_ptr<WatchStream>> streams_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_WATCH_STATUS_H_
