#ifndef MAILSTROM_SERVER_STATUS_HUB_H_
#define MAILSTROM_SERVER_STATUS_HUB_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "storage/store.h"

namespace mailstrom::server {

using EventPtr = std::shared_ptr<const storage::Event>;

// Which events a watcher wants. Conditions that are set must all hold.
struct EventFilter {
  // Empty: of all emails.
  absl::flat_hash_set<std::string> email_ids;
  std::map<std::string, std::string> tags;

  bool Matches(const storage::Event& event) const;
  bool MatchesTags(const std::map<std::string, std::string>& email_tags) const;
};

// Takes events as they become durable.
class EventSubscriber {
 public:
  virtual ~EventSubscriber() = default;
  // Matching events in order; called without the hub's lock, by one thread at a time. Everything up
  // to `position` has been looked at. Must not block.
  virtual void OnEvents(std::vector<EventPtr> events, int64_t position) = 0;
};

// Reads the store's event log once and hands each event to those who want it. A subscriber first
// reads up from where it stands by itself, then joins; one that falls behind leaves and does so
// again. So memory is bounded by the hub's window and by what each subscriber holds. Thread-safe.
class StatusHub final : private storage::StoreListener {
 public:
  // Keeps the newest `window` events for those who join.
  StatusHub(storage::Store& store, size_t window);
  // No subscriber may be left.
  ~StatusHub() override;

  // What a subscriber gets that joins.
  struct Joined {
    // Matching events after `after`; deliver these before what OnEvents brings.
    std::vector<EventPtr> events;
    int64_t position = 0;
  };

  // Subscribes from `after` on; nothing when that is further back than the window: read the store
  // up to Position() and try again. `filter` must not change until Leave.
  std::optional<Joined> Join(std::weak_ptr<EventSubscriber> subscriber, const EventFilter* filter,
                             int64_t after);

  // Ends the subscription made with `filter`. A call of OnEvents may still be under way.
  void Leave(const EventFilter* filter);

 private:
  struct Subscription {
    std::weak_ptr<EventSubscriber> subscriber;
    const EventFilter* filter;
  };

  void OnDue(absl::Time) override {}
  void OnEvents(int64_t last_sequence) override;

  void ReadOn(int64_t after);
  void OnBatch(absl::StatusOr<storage::EventBatch> batch);
  void Append(const std::vector<EventPtr>& events, int64_t position)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  storage::Store& store_;
  const size_t window_;

  absl::Mutex mutex_;
  // One read of the log at a time; the destructor waits for it.
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t durable_ ABSL_GUARDED_BY(mutex_);
  // Everything up to here has been handed out.
  int64_t position_ ABSL_GUARDED_BY(mutex_);
  std::deque<EventPtr> recent_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<const EventFilter*, Subscription> subscriptions_ ABSL_GUARDED_BY(mutex_);
  // Subscriptions by each email that they name; those that name none are in `broad_`.
  absl::flat_hash_map<std::string, std::vector<const EventFilter*>> by_email_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<const EventFilter*> broad_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_STATUS_HUB_H_
