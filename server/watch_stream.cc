#include "server/watch_stream.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/api_conversion.h"
#include "server/rpc_status.h"

namespace mailstrom::server {
namespace {

// Events that a stream takes from a run at once, and holds until its client has read them.
constexpr size_t kMaxFromRun = 256;
// A stream that has fewer looks on in the log while its client reads: so it keeps in step with the
// others.
constexpr size_t kReadAhead = 16;

std::vector<std::string> Distinct(const google::protobuf::RepeatedPtrField<std::string>& ids) {
  std::vector<std::string> out;
  absl::flat_hash_set<std::string> seen;
  for (const std::string& id : ids) {
    if (seen.insert(id).second) out.push_back(id);
  }
  return out;
}

EventFilter MakeFilter(const v1::WatchStatusRequest& request, const Caller& caller) {
  EventFilter filter;
  filter.email_ids.insert(request.email_ids().begin(), request.email_ids().end());
  filter.tags.insert(request.tags().begin(), request.tags().end());
  filter.tenant = caller.visible_tenant();
  return filter;
}

}  // namespace

WatchStream::WatchStream(const v1::WatchStatusRequest& request, Caller caller,
                         std::optional<Cursor> resume_after, std::string log_id,
                         int64_t now_sequence, storage::Store& store, StatusHub& hub,
                         EventRunCache& runs, WatchStreams& streams, const WatchOptions& options)
    : store_(store),
      hub_(hub),
      runs_(runs),
      streams_(streams),
      options_(options),
      heartbeat_interval_(absl::ToInt64Nanoseconds(options.heartbeat_interval)),
      log_id_(std::move(log_id)),
      caller_(std::move(caller)),
      filter_(MakeFilter(request, caller_)),
      email_ids_(Distinct(request.email_ids())),
      cursor_unchecked_(resume_after.has_value()),
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
      // Too slow for the hub. What is pending need not wait here, for it is in the log.
      hub_.Leave(&filter_);
      joined_ = false;
      if (!pending_.empty()) position_ = pending_.front()->sequence - 1;
      pending_.clear();
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
  const auto self = shared_from_this();
  while (true) {
    Step step;
    {
      absl::MutexLock lock(&mutex_);
      step = NextStep();
    }
    if (step.kind == Step::Kind::kWait) return;
    Take(std::move(step));
  }
}

void WatchStream::Take(Step step) {
  auto self = shared_from_this();
  switch (step.kind) {
    case Step::Kind::kWait:
      return;
    case Step::Kind::kWrite:
      return StartWrite(step.response);
    case Step::Kind::kCheckCursor:
      return store_.ReadEvents(step.after, 1, [self](absl::StatusOr<storage::EventBatch> batch) {
        self->OnCursorChecked(batch.status());
      });
    case Step::Kind::kReadEmail:
      return store_.ReadEmail(
          std::move(step.email_id),
          [self](absl::StatusOr<storage::Email> email) { self->OnEmail(std::move(email)); });
    case Step::Kind::kReadRun:
      return runs_.Read(step.after,
                        [self](const absl::StatusOr<EventRunPtr>& run) { self->OnRun(run); });
    case Step::Kind::kFinish:
      return grpc::ServerWriteReactor<v1::WatchStatusResponse>::Finish(step.status);
  }
}

WatchStream::Step WatchStream::NextStep() {
  if (finished_) return {};
  if (!writing_) {
    Step step = NextWrite();
    if (step.kind != Step::Kind::kWait) return step;
  }
  if (reading_ || end_.has_value()) return {};
  return NextRead();
}

WatchStream::Step WatchStream::NextWrite() {
  if (end_.has_value()) return Finish(*end_);
  if (snapshot_ready_) {
    snapshot_ready_ = false;
    return Write(position_);
  }
  if (!pending_.empty()) return WriteEvent();
  if (WatchesAllSettled()) return Finish(grpc::Status::OK);
  if (heartbeat_due_ && !cursor_unchecked_ && looked_at_ == email_ids_.size()) {
    return WriteHeartbeat();
  }
  return {};
}

WatchStream::Step WatchStream::NextRead() {
  if (cursor_unchecked_) {
    reading_ = true;
    return {.kind = Step::Kind::kCheckCursor, .after = position_};
  }
  if (looked_at_ < email_ids_.size()) {
    // One snapshot goes out before the next comes in.
    if (writing_) return {};
    reading_ = true;
    return {.kind = Step::Kind::kReadEmail, .email_id = email_ids_[looked_at_]};
  }
  while (!joined_ && pending_.size() < kReadAhead && !JoinHub()) {
    const EventRunPtr run = runs_.Find(position_);
    if (run == nullptr) {
      reading_ = true;
      return {.kind = Step::Kind::kReadRun, .after = position_};
    }
    LookThrough(*run);
  }
  if (!writing_ && !pending_.empty()) return WriteEvent();
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

WatchStream::Step WatchStream::WriteHeartbeat() {
  heartbeat_due_ = false;
  // Who has not heard of anything for long need not look through all that was not for him when he
  // comes back.
  if (joined_) position_ = std::max(position_, hub_.HandedOut());
  response_.Clear();
  response_.mutable_heartbeat();
  return Write(position_);
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

void WatchStream::LookThrough(const EventRun& run) {
  const EventRun::Found found =
      run.Find(filter_, position_, std::min(kMaxFromRun, options_.max_pending_events));
  Enqueue(found.events);
  position_ = std::max(position_, found.position);
}

void WatchStream::Enqueue(const std::vector<EventPtr>& events) {
  for (const EventPtr& event : events) {
    // The log was read ahead of the hub.
    if (event->sequence <= position_) continue;
    const auto snapshot = snapshot_revisions_.find(event->email_id);
    if (snapshot != snapshot_revisions_.end() && event->sequence <= snapshot->second) continue;
    pending_.push_back(event);
  }
}

void WatchStream::OnCursorChecked(const absl::Status& status) {
  {
    absl::MutexLock lock(&mutex_);
    reading_ = false;
    cursor_unchecked_ = false;
    if (!status.ok() && !end_.has_value()) end_ = ToRpcStatus(MakeStoreError(status));
  }
  Run();
}

void WatchStream::OnEmail(absl::StatusOr<storage::Email> email) {
  {
    absl::MutexLock lock(&mutex_);
    reading_ = false;
    const bool is_hidden = email.ok() && !filter_.MatchesTenant(email->record.tenant);
    if (is_hidden || absl::IsNotFound(email.status())) {
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

void WatchStream::OnRun(const absl::StatusOr<EventRunPtr>& run) {
  {
    absl::MutexLock lock(&mutex_);
    reading_ = false;
    if (finished_) return;
    if (run.ok()) {
      LookThrough(**run);
    } else if (!end_.has_value()) {
      end_ = ToRpcStatus(MakeStoreError(run.status()));
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
