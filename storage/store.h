#ifndef MAILSTROM_STORAGE_STORE_H_
#define MAILSTROM_STORAGE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/records.h"

namespace mailstrom::storage {

// An email_id is 1 to this many visible ASCII characters. Ids given out later should sort later:
// lists go by id.
inline constexpr size_t kMaxEmailIdBytes = 64;

// The right to attempt one recipient. Held until its outcome is recorded or it is released; one
// recipient has at most one valid claim. Dies with the process (or, in a shared store, with its
// lease).
struct Claim {
  std::string email_id;
  int recipient_index = 0;
  // The due time under which it was found.
  absl::Time due_time;
  // Tells this claim from earlier ones of the same recipient.
  uint64_t fence = 0;
};

struct ClaimedRecipient {
  Claim claim;
  Recipient recipient;
};

// Due recipients of one email.
struct ClaimedEmail {
  std::shared_ptr<const EmailRecord> record;
  std::vector<ClaimedRecipient> recipients;
};

struct DueWork {
  std::vector<ClaimedEmail> emails;
  // Due time of the earliest recipient that is left unclaimed; InfiniteFuture when there is none.
  absl::Time next_due = absl::InfiniteFuture();
};

// What came of an attempt: the recipient as it is from now on. In a final state it never changes
// again; in kDeferred it is due at `after.next_attempt_time`.
struct Outcome {
  Claim claim;
  Recipient after;
  absl::Time event_time;
};

// A run of the event log, in order.
struct EventBatch {
  std::vector<std::shared_ptr<const Event>> events;
  // Everything up to here was looked at; read on after it.
  int64_t last_sequence = 0;
};

// Is told of changes. Called on a thread of the store, which must not be held up: post and return.
class StoreListener {
 public:
  virtual ~StoreListener() = default;
  // A recipient became due at `earliest`, for which ClaimDue should be called then.
  virtual void OnDue(absl::Time earliest) = 0;
  // Events up to `last_sequence` are durable and can be read.
  virtual void OnEvents(int64_t last_sequence) = 0;
};

// Keeps emails, their recipients' states and the log of events. Thread-safe.
//
// Calls are asynchronous: `done` runs exactly once, on a thread of the store (never inside the
// call) that must not be held up. Errors of any call: Unavailable: the store refuses work for now,
// nothing was changed, try again. DataLoss: a record does not parse. InvalidArgument: the caller
// broke this contract. Internal: a bug in the store.
// Destruction waits for calls under way; their `done` runs before it returns.
class Store {
 public:
  template <typename T>
  using Done = absl::AnyInvocable<void(absl::StatusOr<T>)>;

  virtual ~Store() = default;

  // Puts down an email, its content, its recipients, their due times and one event for each
  // recipient in one atomic step, durable (as far as the store is) before `done`. Every recipient
  // is kQueued and due at its next_attempt_time; there is at least one. The store sets the
  // recipients' revisions and the record's recipient_count. AlreadyExists: the email_id is taken.
  virtual void Accept(Email email, std::string content,
                      absl::AnyInvocable<void(absl::Status)> done) = 0;

  // Claims recipients that are due at or before `now`, earliest first, at most `max_recipients`.
  // Those of one email come together.
  virtual void ClaimDue(absl::Time now, int max_recipients, Done<DueWork> done) = 0;

  // Puts down outcomes and their events (with successive sequence numbers, in the given order),
  // all in one atomic durable step, and ends the claims. The content of an email goes with its last
  // recipient. Each outcome is of another recipient and not kQueued. Aborted: some claim is no
  // longer held; nothing was changed, drop that claim.
  virtual void RecordOutcomes(std::vector<Outcome> outcomes,
                              absl::AnyInvocable<void(absl::Status)> done) = 0;

  // Gives claims back without an attempt. They are due again at `due_time`, or when they were
  // before if that is later. Makes no event. Claims no longer held are passed over.
  virtual void Release(std::vector<Claim> claims, absl::Time due_time,
                       absl::AnyInvocable<void(absl::Status)> done) = 0;

  // NotFound: no such email.
  virtual void ReadEmail(std::string email_id, Done<Email> done) = 0;

  // The message as accepted. NotFound: no such email, or it is settled.
  virtual void ReadContent(std::string email_id, Done<std::shared_ptr<const std::string>> done) = 0;

  // Up to `max_events` (at least 1) events after sequence number `after`; fewer when they are
  // large. An empty batch: none yet.
  // OutOfRange: `after` lies beyond the end of the log, or before its beginning.
  virtual void ReadEvents(int64_t after, int max_events, Done<EventBatch> done) = 0;

  // The newest durable event's sequence number; 0 before the first.
  virtual int64_t LastSequence() const = 0;

  // Names this store's event log, for ever. Cursors into one log mean nothing in another.
  virtual std::string LogId() const = 0;

  // `listener` must outlive its registration. After RemoveListener returns it is not called again
  // (RemoveListener waits for a call under way, unless it comes from within that call).
  virtual void AddListener(StoreListener* listener) = 0;
  virtual void RemoveListener(StoreListener* listener) = 0;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_STORE_H_
