#ifndef MAILSTROM_SERVER_COUNTING_STORE_H_
#define MAILSTROM_SERVER_COUNTING_STORE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "server/event_filter.h"
#include "storage/store.h"
#include "tests/fakes/forwarding_store.h"

namespace mailstrom::server {

// Counts what the events take in memory that those who read them still hold. For tests. Must
// outlive the events.
class CountingStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

  void ReadEvents(int64_t after, int max_events, Done<storage::EventBatch> done) override {
    ForwardingStore::ReadEvents(
        after, max_events,
        [this, done = std::move(done)](absl::StatusOr<storage::EventBatch> batch) mutable {
          if (batch.ok()) {
            for (std::shared_ptr<const storage::Event>& event : batch->events) event = Count(event);
          }
          done(std::move(batch));
        });
  }

  // The most that was held at any time so far.
  int64_t most_bytes_held() const { return most_bytes_.load(); }

 private:
  std::shared_ptr<const storage::Event> Count(std::shared_ptr<const storage::Event> event) {
    const int64_t bytes = static_cast<int64_t>(MemoryBytes(*event));
    const int64_t now = bytes_ += bytes;
    int64_t most = most_bytes_.load();
    while (now > most && !most_bytes_.compare_exchange_weak(most, now)) {
    }
    const storage::Event* raw = event.get();
    return {raw,
            [this, bytes, event = std::move(event)](const storage::Event*) { bytes_ -= bytes; }};
  }

  std::atomic<int64_t> bytes_ = 0;
  std::atomic<int64_t> most_bytes_ = 0;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_COUNTING_STORE_H_
