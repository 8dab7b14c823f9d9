#ifndef MAILSTROM_SERVER_FAKE_EVENT_LOG_H_
#define MAILSTROM_SERVER_FAKE_EVENT_LOG_H_

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/event_filter.h"
#include "storage/memory_store.h"
#include "storage/store.h"
#include "tests/fakes/forwarding_store.h"

namespace mailstrom::server {

// A store of which only the event log is used. Reads wait until the test answers them, on its own
// thread, so that it sees what is asked for. For tests with one thread.
class FakeEventLog final : public ForwardingStore {
 public:
  FakeEventLog() : ForwardingStore(storage::NewMemoryStore()) {}

  // Makes `count` events of `email_id` durable and tells the listener.
  void Append(int count, const std::string& email_id = "e",
              const std::map<std::string, std::string>& tags = {}) {
    for (int i = 0; i < count; ++i) {
      auto event = std::make_shared<storage::Event>();
      event->sequence = LastSequence() + 1;
      event->email_id = email_id;
      event->tags = tags;
      events_.push_back(std::move(event));
    }
    if (listener_ != nullptr) listener_->OnEvents(LastSequence());
  }

  // Events up to `sequence` are gone.
  void Trim(int64_t sequence) { trimmed_ = sequence; }
  // From now on a read brings no more than this.
  void LimitBatches(int64_t events) { batch_limit_ = events; }

  // Where the reads that wait for an answer begin, oldest first.
  std::vector<int64_t> Waiting() const {
    std::vector<int64_t> waiting;
    for (const Read& read : reads_) waiting.push_back(read.after);
    return waiting;
  }

  // Answers the oldest read.
  void Answer() {
    Read read = Take();
    if (read.after < trimmed_ || read.after > LastSequence()) {
      return read.done(absl::OutOfRangeError("not in the log"));
    }
    const int64_t last =
        std::min({read.after + read.max_events, read.after + batch_limit_, LastSequence()});
    storage::EventBatch batch;
    batch.events.assign(events_.begin() + read.after, events_.begin() + last);
    batch.last_sequence = last;
    read.done(std::move(batch));
  }
  void Answer(const absl::Status& error) { Take().done(error); }
  void AnswerAll() {
    while (!reads_.empty()) Answer();
  }

  void ReadEvents(int64_t after, int max_events, Done<storage::EventBatch> done) override {
    reads_.push_back({after, max_events, std::move(done)});
  }
  int64_t LastSequence() const override { return static_cast<int64_t>(events_.size()); }
  void AddListener(storage::StoreListener* listener) override { listener_ = listener; }
  void RemoveListener(storage::StoreListener* listener) override { listener_ = nullptr; }

 private:
  struct Read {
    int64_t after;
    int64_t max_events;
    Done<storage::EventBatch> done;
  };

  Read Take() {
    Read read = std::move(reads_.front());
    reads_.pop_front();
    return read;
  }

  std::vector<EventPtr> events_;
  int64_t trimmed_ = 0;
  int64_t batch_limit_ = std::numeric_limits<int32_t>::max();
  std::deque<Read> reads_;
  storage::StoreListener* listener_ = nullptr;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_FAKE_EVENT_LOG_H_
