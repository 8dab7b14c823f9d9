#ifndef MAILSTROM_SERVER_STATUS_HUB_H_
#define MAILSTROM_SERVER_STATUS_HUB_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "server/event_filter.h"
#include "server/subscription_index.h"
#include "storage/store.h"

namespace mailstrom::server {

// Takes events as they become durable.
class EventSubscriber {
 public:
  virtual ~EventSubscriber() = default;
  // Matching events in order; called without the hub's lock, by one thread at a time. Everything up
  // to `position` has been looked at. Must not block.
  virtual void OnEvents(std::vector<EventPtr> events, int64_t position) = 0;
  // The subscription has ended without Leave: events could not be read here. Must not block.
  virtual void OnDropped() = 0;
};

// Reads the store's event log once and hands each event to those who want it. A subscriber first
// reads up from where it stands by itself, then joins; one that falls behind leaves and does so
// again. When the hub cannot read, it drops all and goes on behind what it could not read, so that
// each finds out for itself. Thread-safe.
class StatusHub final : private storage::StoreListener {
 public:
  // Starts at the log's end. Keeps the newest events, some `window_bytes` of them, for those who
  // join: as many as may come while one reads its last piece of the log.
  StatusHub(storage::Store& store, size_t window_bytes);
  // No subscriber may be left.
  ~StatusHub() override;

  // What a subscriber gets that joins.
  struct Joined {
    // Matching events after `after`; deliver these before what OnEvents brings.
    std::vector<EventPtr> events;
    int64_t position = 0;
  };

  // Subscribes from `after` on; nothing when that is further back than the window, or when there
  // are more than `max_events` to deliver first: read on in the store and try again. `filter` must
  // not change until Leave. The hub may be behind the store, so OnEvents may bring events up to
  // `after` once more.
  std::optional<Joined> Join(std::weak_ptr<EventSubscriber> subscriber, const EventFilter* filter,
                             int64_t after, size_t max_events);

  // Every subscriber has got what it wants of the log up to here.
  int64_t HandedOut() const { return handed_out_.load(); }

  // Ends the subscription made with `filter`. A call of OnEvents may still be under way.
  void Leave(const EventFilter* filter);

 private:
  void OnDue(absl::Time) override {}
  void OnEvents(int64_t last_sequence) override;

  using Delivery = std::pair<std::shared_ptr<EventSubscriber>, std::vector<EventPtr>>;

  // Reads what is durable and not handed out, unless that is under way.
  void CatchUp();
  void ReadOn(int64_t after);
  void OnBatch(absl::StatusOr<storage::EventBatch> batch);
  void HandOut(const storage::EventBatch& batch);
  void Drop();
  void Append(const storage::EventBatch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  storage::Store& store_;
  const size_t window_bytes_;

  std::atomic<int64_t> handed_out_ = 0;

  absl::Mutex mutex_;
  // One read of the log at a time; the destructor waits for it.
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t durable_ ABSL_GUARDED_BY(mutex_);
  // Everything up to here has been read or given up.
  int64_t position_ ABSL_GUARDED_BY(mutex_);
  // A run of the log that ends at `position_`.
  std::deque<EventPtr> recent_ ABSL_GUARDED_BY(mutex_);
  size_t recent_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<const EventFilter*, std::weak_ptr<EventSubscriber>> subscribers_
      ABSL_GUARDED_BY(mutex_);
  SubscriptionIndex index_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_STATUS_HUB_H_
