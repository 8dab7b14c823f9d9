#include "server/watch_stream.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/api_conversion.h"
#include "server/rpc_status.h"

namespace mailstrom::server {
namespace {

// Events read from the log at once by a stream that catches up.
constexpr int kBatchEvents = 256;

std::vector<std::string> Distinct(const google::protobuf::RepeatedPtrField<std::string>& ids) {
  std::vector<std::string> out;
  absl::flat_hash_set<std::string> seen;
  for (const std::string& id : ids) {
    if (seen.insert(id).second) out.push_back(id);
  }
  return out;
}

EventFilter MakeFilter(const v1::WatchStatusRequest& request) {
  EventFilter filter;
  filter.email_ids.insert(request.email_ids().begin(), request.email_ids().end());
  filter.tags.insert(request.tags().begin(), request.tags().end());
  return filter;
}

}  // namespace

WatchStream::WatchStream(const v1::WatchStatusRequest& request, std::optional<Cursor> resume_after,
                         std::string log_id, int64_t now_sequence, storage::Store& store,
                         StatusHub& hub, WatchStreams& streams, const WatchOptions& options)
    : store_(store),
      hub_(hub),
      streams_(streams),
      options_(options),
      heartbeat_interval_(absl::ToInt64Nanoseconds(options.heartbeat_interval)),
      log_id_(std::move(log_id)),
      filter_(MakeFilter(request)),
      email_ids_(Distinct(request.email_ids())),
      reported_before_(resume_after.has_value() ? resume_after->snapshots : 0),
      unsettled_(email_ids_.begin(), email_ids_.end()),
      position_(resume_after.has_value() ? resume_after->sequence : now_sequence) {}

void WatchStream::Start() {
  {
    absl::MutexLock lock(&mutex_);
    self_ = shared_from_this();
    SetAlarm(heartbeat_interval_);
  }
  Run();
}

void WatchStream::End(grpc::Status status) {
  {
    absl::MutexLock lock(&mutex_);
    if (!end_.has_value()) end_ = std::move(status);
  }
  Run();
}

void WatchStream::OnCancel() { End(grpc::Status::CANCELLED); }

void WatchStream::OnWriteDone(bool ok) {
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok && !end_.has_value()) end_ = grpc::Status::CANCELLED;
  }
  Run();
}

void WatchStream::OnDone() {
  streams_.Forget(this);
  std::shared_ptr<WatchStream> self;
  absl::MutexLock lock(&mutex_);
  // The last reference may be this one: it must outlive the lock.
  self.swap(self_);
  alarm_.Cancel();
}

void WatchStream::OnEvents(std::vector<EventPtr> events, int64_t position) {
  {
    absl::MutexLock lock(&mutex_);
    if (!joined_ || finished_) return;
    if (pending_.size() + events.size() > options_.max_pending_events) {
      // Too slow for the hub: what is pending goes out, and the rest comes from the log.
      hub_.Leave(&filter_);
      joined_ = false;
    } else {
      Enqueue(events);
      position_ = std::max(position_, position);
    }
  }
  Run();
}

void WatchStream::OnDropped() {
  {
    absl::MutexLock lock(&mutex_);
    joined_ = false;
  }
  Run();
}

void WatchStream::Run() {
  Step step;
  {
    absl::MutexLock lock(&mutex_);
    step = NextStep();
  }
  auto self = shared_from_this();
  switch (step.kind) {
    case Step::Kind::kWait:
      return;
    case Step::Kind::kWrite:
      return StartWrite(step.response);
    case Step::Kind::kReadEmail:
      return store_.ReadEmail(
          std::move(step.email_id),
          [self](absl::StatusOr<storage::Email> email) { self->OnEmail(std::move(email)); });
    case Step::Kind::kReadEvents:
      return store_.ReadEvents(
          step.after, kBatchEvents,
          [self](absl::StatusOr<storage::EventBatch> batch) { self->OnLog(std::move(batch)); });
    case Step::Kind::kFinish:
      return grpc::ServerWriteReactor<v1::WatchStatusResponse>::Finish(step.status);
  }
}

WatchStream::Step WatchStream::NextStep() {
  if (finished_ || writing_ || reading_) return {};
  if (end_.has_value()) return Finish(*end_);
  if (snapshot_ready_) {
    snapshot_ready_ = false;
    return Write(position_);
  }
  if (looked_at_ < email_ids_.size()) {
    reading_ = true;
    return {.kind = Step::Kind::kReadEmail, .email_id = email_ids_[looked_at_]};
  }
  if (!pending_.empty()) return WriteEvent();
  if (WatchesAllSettled()) return Finish(grpc::Status::OK);
  if (!joined_ && !JoinHub()) {
    reading_ = true;
    return {.kind = Step::Kind::kReadEvents, .after = position_};
  }
  if (!pending_.empty()) return WriteEvent();
  if (heartbeat_due_) {
    heartbeat_due_ = false;
    // Who has not heard of anything for long need not look through all that was not for him when he
    // comes back.
    position_ = std::max(position_, hub_.HandedOut());
    response_.Clear();
    response_.mutable_heartbeat();
    return Write(position_);
  }
  return {};
}

WatchStream::Step WatchStream::Finish(grpc::Status status) {
  finished_ = true;
  if (joined_) hub_.Leave(&filter_);
  joined_ = false;
  pending_.clear();
  alarm_.Cancel();
  return {.kind = Step::Kind::kFinish, .status = std::move(status)};
}

WatchStream::Step WatchStream::Write(int64_t position) {
  response_.set_cursor(FormatCursor({log_id_, position, static_cast<int>(looked_at_)}));
  writing_ = true;
  last_write_ = std::chrono::steady_clock::now();
  return {.kind = Step::Kind::kWrite, .response = &response_};
}

WatchStream::Step WatchStream::WriteEvent() {
  const EventPtr event = std::move(pending_.front());
  pending_.pop_front();
  if (event->email_settled) unsettled_.erase(event->email_id);
  response_.Clear();
  *response_.mutable_event() = ToApi(*event);
  return Write(event->sequence);
}

bool WatchStream::JoinHub() {
  std::optional<StatusHub::Joined> joined =
      hub_.Join(weak_from_this(), &filter_, position_, options_.max_pending_events);
  if (!joined.has_value()) return false;
  joined_ = true;
  Enqueue(joined->events);
  position_ = joined->position;
  return true;
}

bool WatchStream::WatchesAllSettled() const { return !email_ids_.empty() && unsettled_.empty(); }

void WatchStream::Enqueue(const std::vector<EventPtr>& events) {
  for (const EventPtr& event : events) {
    // The log was read ahead of the hub.
    if (event->sequence <= position_) continue;
    const auto snapshot = snapshot_revisions_.find(event->email_id);
    if (snapshot != snapshot_revisions_.end() && event->sequence <= snapshot->second) continue;
    pending_.push_back(event);
  }
}

void WatchStream::OnEmail(absl::StatusOr<storage::Email> email) {
  {
    absl::MutexLock lock(&mutex_);
    reading_ = false;
    if (absl::IsNotFound(email.status())) {
      end_ = ToRpcStatus(MakeStoreError(
          absl::NotFoundError(absl::StrCat("no such email: ", email_ids_[looked_at_]))));
    } else if (!email.ok()) {
      end_ = ToRpcStatus(MakeStoreError(email.status()));
    } else {
      TakeSnapshot(*email);
    }
  }
  Run();
}

void WatchStream::TakeSnapshot(const storage::Email& email) {
  const bool reported_before = looked_at_ < reported_before_;
  ++looked_at_;
  if (!filter_.MatchesTags(email.record.tags)) {
    unsettled_.erase(email.record.email_id);
    return;
  }
  if (reported_before) {
    // What came after the cursor will be reported as events, the settling one included.
    if (email.settled() && email.revision() <= position_) unsettled_.erase(email.record.email_id);
    return;
  }
  // The log is read from where the watch began, for other emails may have changed since; with one
  // email alone the snapshot itself is the place.
  if (email_ids_.size() == 1) position_ = std::max(position_, email.revision());
  snapshot_revisions_[email.record.email_id] = email.revision();
  if (email.settled()) unsettled_.erase(email.record.email_id);
  response_.Clear();
  *response_.mutable_snapshot() = ToApi(email);
  snapshot_ready_ = true;
}

void WatchStream::OnLog(absl::StatusOr<storage::EventBatch> batch) {
  {
    absl::MutexLock lock(&mutex_);
    reading_ = false;
    if (!batch.ok()) {
      if (!end_.has_value()) end_ = ToRpcStatus(MakeStoreError(batch.status()));
    } else {
      std::vector<EventPtr> wanted;
      for (const EventPtr& event : batch->events) {
        if (filter_.Matches(*event)) wanted.push_back(event);
      }
      Enqueue(wanted);
      position_ = std::max(position_, batch->last_sequence);
    }
  }
  Run();
}

void WatchStream::SetAlarm(std::chrono::nanoseconds delay) {
  alarm_.Set(std::chrono::system_clock::now() +
                 std::chrono::duration_cast<std::chrono::microseconds>(delay),
             [self = shared_from_this()](bool rang) {
               if (rang) self->OnAlarm();
             });
}

void WatchStream::OnAlarm() {
  {
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    const std::chrono::nanoseconds silence = std::chrono::steady_clock::now() - last_write_;
    heartbeat_due_ = silence >= heartbeat_interval_;
    // A step that was written meanwhile puts the heartbeat off.
    SetAlarm(heartbeat_due_ ? heartbeat_interval_ : heartbeat_interval_ - silence);
  }
  Run();
}

}  // namespace mailstrom::server
