#ifndef MAILSTROM_DELIVERY_CONTROL_H_
#define MAILSTROM_DELIVERY_CONTROL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "delivery/orders.h"
#include "storage/records.h"
#include "storage/standing_order.h"

namespace mailstrom::delivery {

// How a site does.
struct SiteReport {
  // Empty: nothing is known of it.
  std::string site_key = "";
  // Of the rule that applies.
  std::string policy = "";
  // Attempts under way, and how many there may be now; the most that there may ever be.
  int running = 0;
  int limit = 0;
  int max_connections = 0;
  // Open connections that wait for more.
  int idle_connections = 0;
  // Recipients that are claimed and wait for the site.
  int waiting = 0;
  // It is not tried until then, because it failed or somebody said so; in the past: it is.
  absl::Time suspended_until = absl::InfinitePast();
  // What the last attempt met that could not speak with it.
  std::string last_failure = "";
};

// What stands between a recipient and its next attempt.
struct Obstacle {
  enum class Kind {
    // An operator suspended it.
    kOrder = 1,
    // An operator drained delivery.
    kDrained = 2,
    // The store takes no outcomes.
    kStore = 3,
    // It is not due yet.
    kNotDue = 4,
    // The site is suspended because it failed or asked for it.
    kSiteSuspended = 5,
    // The site has as many attempts under way as it bears now.
    kSiteConcurrency = 6,
    kSiteRate = 7,
    // All sites together have as many attempts under way as there may be.
    kTotalConcurrency = 8,
    kTotalRate = 9,
    // The domain has limits of its own.
    kDomainConcurrency = 10,
    kDomainRate = 11,
    // Messages under way take up the memory for them.
    kMemory = 12,
    // As many recipients are claimed as there may be.
    kWindow = 13,
    // Others are before it.
    kTurn = 14,
  };
  Kind kind;
  // For people.
  std::string text;
  // When it is likely to be gone; InfiniteFuture: nobody knows.
  absl::Time until = absl::InfiniteFuture();
};

// Where a recipient is, and why it is not moving.
struct Outlook {
  enum class Stage {
    // In the store only.
    kInStore = 1,
    // Claimed; its route is looked up, or about to be.
    kRouting = 2,
    // Claimed; waits for its site.
    kWaiting = 3,
    // Its message is read, or an attempt is under way.
    kAttempt = 4,
    // Claimed; what came of it is being recorded.
    kSettling = 5,
  };
  Stage stage = Stage::kInStore;
  // As far as known.
  SiteReport site;
  // Of the attempt.
  storage::Phase phase = storage::Phase::kNone;
  std::string mx_host = "";
  std::string mx_address = "";
  // What was said last on the wire.
  std::string last_line = "";
  absl::Time attempt_start = absl::InfinitePast();
  // That which weighs most first.
  std::vector<Obstacle> obstacles;
  std::optional<storage::StandingOrder> suspension;
  std::optional<storage::StandingOrder> reroute;
};

// A recipient as the store has it.
struct RecipientInStore {
  std::shared_ptr<const storage::EmailRecord> email;
  int recipient_index = 0;
  storage::Recipient recipient;
};

struct DeliveryState {
  bool paused = false;
  // Attempts under way.
  int running = 0;
  // Recipients that are claimed, and how many may be.
  int claimed = 0;
  int window = 0;
};

// How operators reach into delivery. Any thread; `done` runs on the delivery's strand, which must
// not be held up.
class Control {
 public:
  template <typename T>
  using Done = absl::AnyInvocable<void(T)>;

  virtual ~Control() = default;

  // In force from now on. Attempts under way go on; what waits is looked at again. Once `done` runs
  // nothing is held any more because of earlier orders that was not held in the store by then.
  virtual void SetOrders(std::shared_ptr<const Orders> orders, absl::AnyInvocable<void()> done) = 0;

  // While paused nothing is claimed and no attempt begins; those under way go on.
  virtual void SetPaused(bool paused) = 0;

  virtual void Explain(RecipientInStore recipient, Done<Outlook> done) = 0;

  // The sites of domains (lower-case A-labels), in their order; a domain whose site is not known
  // has an empty key. At most a thousand.
  virtual void FindSites(std::vector<std::string> domains, Done<std::vector<SiteReport>> done) = 0;
  // Domains whose mail went to a site of this key, or with a host of this name.
  virtual void FindDomains(std::string site, Done<std::vector<std::string>> done) = 0;

  // Tries the sites of these domains again, though they have failed or asked to be left alone.
  virtual void ReopenSites(std::vector<std::string> domains) = 0;

  virtual void ReadState(Done<DeliveryState> done) = 0;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_CONTROL_H_
