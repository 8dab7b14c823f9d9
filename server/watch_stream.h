#ifndef MAILSTROM_SERVER_WATCH_STREAM_H_
#define MAILSTROM_SERVER_WATCH_STREAM_H_

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/alarm.h"
#include "grpcpp/support/server_callback.h"
#include "mailstrom/v1/mailstrom_service.pb.h"
#include "server/caller.h"
#include "server/cursor.h"
#include "server/event_filter.h"
#include "server/event_run_cache.h"
#include "server/status_hub.h"
#include "server/watch_status.h"
#include "storage/store.h"

namespace mailstrom::server {

// One WatchStatus stream. First reports each named email as it stands, then looks through the event
// log from where it began, run by run, and joins the hub once it has caught up. Owns itself until
// OnDone; threads of gRPC, the store and the hub meet here under one lock, with one write or read
// in flight at a time.
class WatchStream final : public grpc::ServerWriteReactor<v1::WatchStatusResponse>,
                          public EventSubscriber,
                          public std::enable_shared_from_this<WatchStream> {
 public:
  // `resume_after`: continue from here; nothing starts at `now_sequence`.
  WatchStream(const v1::WatchStatusRequest& request, Caller caller,
              std::optional<Cursor> resume_after, std::string log_id, int64_t now_sequence,
              storage::Store& store, StatusHub& hub, EventRunCache& runs, WatchStreams& streams,
              const WatchOptions& options);

  const Caller& caller() const { return caller_; }

  // Begins; the stream keeps itself alive from here on.
  void Start();
  // Ends the stream with `status`, unless it ends by itself first.
  void End(grpc::Status status);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  void OnEvents(std::vector<EventPtr> events, int64_t position) override;
  void OnDropped() override;

 private:
  // What to do next, decided under the lock and done outside it.
  struct Step {
    enum class Kind { kWait, kWrite, kCheckCursor, kReadEmail, kReadRun, kFinish };
    Kind kind = Kind::kWait;
    std::string email_id = {};
    int64_t after = 0;
    // Nobody touches it while the write is in flight.
    const v1::WatchStatusResponse* response = nullptr;
    grpc::Status status = {};
  };

  // Takes all steps that can be taken now.
  void Run();
  void Take(Step step);
  Step NextStep() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Step NextWrite() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Step NextRead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Step Finish(grpc::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Step Write(int64_t position) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Step WriteEvent() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Step WriteHeartbeat() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool JoinHub() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool WatchesAllSettled() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LookThrough(const EventRun& run) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Enqueue(const std::vector<EventPtr>& events) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeSnapshot(const storage::Email& email) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetAlarm(std::chrono::nanoseconds delay) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void OnCursorChecked(const absl::Status& status);
  void OnEmail(absl::StatusOr<storage::Email> email);
  void OnRun(const absl::StatusOr<EventRunPtr>& run);
  void OnAlarm();

  storage::Store& store_;
  StatusHub& hub_;
  EventRunCache& runs_;
  WatchStreams& streams_;
  const WatchOptions options_;
  const std::chrono::nanoseconds heartbeat_interval_;
  const std::string log_id_;
  const Caller caller_;
  const EventFilter filter_;
  // Each named email once.
  const std::vector<std::string> email_ids_;

  absl::Mutex mutex_;
  // Reactors belong to gRPC, which calls until OnDone.
  std::shared_ptr<WatchStream> self_ ABSL_GUARDED_BY(mutex_);
  v1::WatchStatusResponse response_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool joined_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);
  // What it resumes from may be past its retention.
  bool cursor_unchecked_ ABSL_GUARDED_BY(mutex_);
  // Named emails looked at so far, and how many of them an earlier stream reported already.
  size_t looked_at_ ABSL_GUARDED_BY(mutex_) = 0;
  const size_t reported_before_;
  absl::flat_hash_set<std::string> unsettled_ ABSL_GUARDED_BY(mutex_);
  // Events that a snapshot contains are not reported again.
  absl::flat_hash_map<std::string, int64_t> snapshot_revisions_ ABSL_GUARDED_BY(mutex_);
  // Everything of the log up to here has been reported, is pending or is not wanted.
  int64_t position_ ABSL_GUARDED_BY(mutex_);
  std::deque<EventPtr> pending_ ABSL_GUARDED_BY(mutex_);
  bool snapshot_ready_ ABSL_GUARDED_BY(mutex_) = false;
  std::chrono::steady_clock::time_point last_write_ ABSL_GUARDED_BY(mutex_) =
      std::chrono::steady_clock::now();
  bool heartbeat_due_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::Alarm alarm_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_WATCH_STREAM_H_
