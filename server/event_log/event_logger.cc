#include "server/event_log/event_logger.h"

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/log.h"
#include "server/event_log/event_line.h"

namespace mailstrom::server {

// Between the hub, which must not wait, and the thread that writes.
class EventLogger::Queue final : public EventSubscriber {
 public:
  explicit Queue(size_t max_waiting) : max_waiting_(max_waiting) {}

  // What the thread has to do next.
  struct Work {
    std::vector<EventPtr> events;
    // Events that there was no room for, after those before.
    int64_t unlogged = 0;
    bool rejoin = false;
    bool stop = false;
  };

  void OnEvents(std::vector<EventPtr> events, int64_t position) override {
    absl::MutexLock lock(&mutex_);
    taken_ = position;
    // Somebody said that only what is worse than an event shall be logged.
    if (!LogEnabled(LogLevel::kInfo)) return;
    const size_t room = max_waiting_ - std::min(max_waiting_, work_.events.size());
    // Later ones would otherwise come before the line that says that some are missing.
    const size_t count = work_.unlogged > 0 ? 0 : std::min(room, events.size());
    work_.events.insert(work_.events.end(), events.begin(), events.begin() + count);
    work_.unlogged += static_cast<int64_t>(events.size() - count);
  }

  void OnDropped() override {
    absl::MutexLock lock(&mutex_);
    work_.rejoin = true;
  }

  void Stop() {
    absl::MutexLock lock(&mutex_);
    work_.stop = true;
  }

  Work Next() {
    absl::MutexLock lock(&mutex_);
    written_ = handed_;
    mutex_.Await(absl::Condition(this, &Queue::HasWork));
    handed_ = taken_;
    return std::exchange(work_, Work());
  }

  void AwaitWritten(int64_t sequence, absl::Duration patience) {
    absl::MutexLock lock(&mutex_);
    const auto is_written = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return written_ >= sequence; };
    mutex_.AwaitWithTimeout(absl::Condition(&is_written), patience);
  }

 private:
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !work_.events.empty() || work_.unlogged > 0 || work_.rejoin || work_.stop ||
           written_ < taken_;
  }

  const size_t max_waiting_;

  absl::Mutex mutex_;
  Work work_ ABSL_GUARDED_BY(mutex_);
  // Sequence numbers of the last events that came, that the thread has, and that are written.
  int64_t taken_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t handed_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t written_ ABSL_GUARDED_BY(mutex_) = 0;
};

namespace {

// Joins at once, wherever the hub stands.
constexpr int64_t kFromNowOn = std::numeric_limits<int64_t>::max();

}  // namespace

EventLogger::EventLogger(StatusHub& hub, Write write, size_t max_waiting)
    : hub_(hub), write_(std::move(write)), queue_(std::make_shared<Queue>(max_waiting)) {
  hub_.Join(queue_, &everything_, kFromNowOn, 0);
  thread_ = std::thread([this] { Run(); });
}

EventLogger::~EventLogger() {
  queue_->Stop();
  thread_.join();
  hub_.Leave(&everything_);
}

void EventLogger::Flush(int64_t sequence, absl::Duration patience) {
  queue_->AwaitWritten(sequence, patience);
}

void EventLogger::Run() {
  std::string lines;
  const auto write_out = [&] {
    if (!lines.empty()) write_(lines);
    lines.clear();
  };
  while (true) {
    const Queue::Work work = queue_->Next();
    if (work.stop) return;
    if (work.rejoin) hub_.Join(queue_, &everything_, kFromNowOn, 0);
    for (const EventPtr& event : work.events) {
      const std::string line = EventLine(*event);
      if (lines.size() + line.size() + 1 > kMaxWriteBytes) write_out();
      absl::StrAppend(&lines, line, "\n");
    }
    write_out();
    if (work.unlogged > 0) {
      LogWarning("events not logged, the log is too slow", {{"events", work.unlogged}});
    }
  }
}

void EventLogger::WriteToStandardError(absl::string_view lines) {
  while (!lines.empty()) {
    const ssize_t written = write(STDERR_FILENO, lines.data(), lines.size());
    // A log that nobody can take is lost.
    if (written <= 0) return;
    lines.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace mailstrom::server
