#ifndef MAILSTROM_STORAGE_STORE_H_
#define MAILSTROM_STORAGE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/queue_view.h"
#include "storage/records.h"
#include "storage/standing_order.h"

namespace mailstrom::storage {

// An email_id is 1 to this many visible ASCII characters. Ids given out later should sort later:
// lists go by id.
inline constexpr size_t kMaxEmailIdBytes = 64;

// A dialogue has at most this many bytes.
inline constexpr size_t kMaxDialogueBytes = size_t{64} << 10;
// An email keeps this many of its newest dialogues.
inline constexpr int kDialoguesPerEmail = 5;

// Bounds of the queue: of emails with an unsettled recipient and of the bytes of their contents. An
// email that would exceed one is refused.
struct StoreLimits {
  int64_t max_queued_emails = std::numeric_limits<int64_t>::max();
  int64_t max_queued_bytes = std::numeric_limits<int64_t>::max();
};

// What is queued: not settled.
struct QueueTotals {
  int64_t emails = 0;
  // Of the contents.
  int64_t bytes = 0;
  int64_t recipients = 0;

  bool operator==(const QueueTotals& other) const = default;
};

// Makes accepting idempotent.
struct RequestKey {
  // Whose request it is; two callers may choose the same request_id.
  std::string caller;
  std::string request_id;
  // Equal exactly when the requests are.
  std::string digest;
  // The key is forgotten then.
  absl::Time expire_time;
};

struct AcceptRequest {
  // Every recipient is kQueued and due at its next_attempt_time; there is at least one.
  Email email;
  std::string content;
  // Unset: every call makes an email.
  std::optional<RequestKey> key = std::nullopt;
  // How many recipients the email's tenant may have in the queue, with those of this email.
  int64_t max_tenant_recipients = std::numeric_limits<int64_t>::max();
};

struct Accepted {
  // The email as it stands.
  Email email;
  // An earlier call with this key made it. When it is past its retention, only its email_id is
  // left, and there are no recipients.
  bool replayed = false;
};

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
  // What was said on the wire, in a form that the store does not know; null when nothing is kept.
  // Recipients of one transaction share one. Larger ones than kMaxDialogueBytes are not kept.
  std::shared_ptr<const std::string> dialogue = nullptr;
};

// What was said on the wire in an attempt.
struct Dialogue {
  // Of the first event that it led to.
  int64_t sequence = 0;
  // Recipients that took part, as indexes in Email::recipients.
  std::vector<int> recipient_indexes;
  absl::Time event_time;
  std::shared_ptr<const std::string> bytes;
};

// Chooses emails. All conditions that are set must hold.
struct ListQuery {
  // Emails wanted, at least 1.
  int page_size = 50;
  // Where the page before ended (ListPage::next); empty for the first one.
  std::string after = "";
  // The email has all these.
  std::map<std::string, std::string> tags = {};
  // The email has a recipient of this address. Domains are compared without regard to case.
  std::optional<std::string> recipient = std::nullopt;
  std::optional<bool> settled = std::nullopt;
  // The email belongs to this one.
  std::optional<std::string> tenant = std::nullopt;
  // Accepted at or after this.
  absl::Time start_time = absl::InfinitePast();
  // Accepted before this.
  absl::Time end_time = absl::InfiniteFuture();
};

struct ListPage {
  std::vector<Email> emails;
  // Where to go on; empty when nothing is left.
  std::string next;
};

// A record that cannot be read and is left out of everything.
struct DamagedRecord {
  // What it should have been, such as "recipients".
  std::string kind;
  // Its key; bytes.
  std::string key;
  // What is wrong with it.
  std::string reason;
};

struct DamagedRecords {
  int64_t count = 0;
  // Some of them.
  std::vector<DamagedRecord> records;
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
  // Store::Health() changed.
  virtual void OnHealth(const absl::Status& health) {}
};

// The NotFound of calls that name an email.
absl::Status EmailUnknownError(absl::string_view email_id);
// The AlreadyExists of Store::Accept for a key that belongs to another request.
absl::Status RequestKeyReusedError(absl::string_view email_id);
// Tells it from the one for an email_id that is taken.
bool IsRequestKeyReused(const absl::Status& status);

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

  // Puts down an email, its content, its recipients, their due times, its key and one event for
  // each recipient in one atomic step, durable (as far as the store is) before `done`. The store
  // sets the recipients' revisions and the record's recipient_count and size_bytes.
  //
  // A key known from an earlier call that has not expired by record.accept_time: with the same
  // digest, nothing is written and the answer is the email as it stands, `replayed`; with another,
  // AlreadyExists, of which IsRequestKeyReused is true. Of calls at once with one key, one makes
  // the email. A key outlives its email if need be, so that no second one is made.
  // AlreadyExists: the email_id is taken. ResourceExhausted: the queue is full (see StoreLimits),
  // or the tenant's share of it.
  virtual void Accept(AcceptRequest request, Done<Accepted> done) = 0;

  // Claims recipients that are due at or before `now`, earliest first, at most `max_recipients`.
  // Those of one email come together.
  virtual void ClaimDue(absl::Time now, int max_recipients, Done<DueWork> done) = 0;

  // Puts down outcomes and their events (with successive sequence numbers, in the given order),
  // all in one atomic durable step, and ends the claims. The content of an email goes with its last
  // recipient. Each outcome is of another recipient and not kQueued. Aborted: some claim is no
  // longer held; nothing was changed, drop that claim. A recipient of a cancelled email that would
  // be deferred becomes kFailed with kCancelled instead.
  virtual void RecordOutcomes(std::vector<Outcome> outcomes,
                              absl::AnyInvocable<void(absl::Status)> done) = 0;

  // Gives claims back without an attempt. They are due again at `due_time`, or when they were
  // before if that is later. Makes no event. Claims no longer held are passed over. A recipient of
  // a cancelled email is not due again, but becomes kFailed with kCancelled, with an event.
  virtual void Release(std::vector<Claim> claims, absl::Time due_time,
                       absl::AnyInvocable<void(absl::Status)> done) = 0;

  // As Release, for recipients that an operator holds back: those that are not cancelled are marked
  // with Recipient::held until they are made due or an outcome is recorded.
  virtual void Hold(std::vector<Claim> claims, absl::Time due_time,
                    absl::AnyInvocable<void(absl::Status)> done) = 0;

  // Gives up what is left of an email, for ever: recipients that nobody has claimed become kFailed
  // with kCancelled, each with an event at `now`, in one atomic durable step. Those that are
  // claimed settle by the outcome of their attempt, and are not attempted again after it: not when
  // it is deferred, not when the claim is released, and not when it lapses (then they become
  // kFailed before anyone could claim them). The answer is the email as it stands. Once cancelled
  // or settled, nothing more is changed. NotFound: no such email.
  virtual void Cancel(std::string email_id, absl::Time now, Done<Email> done) = 0;

  // NotFound: no such email.
  virtual void ReadEmail(std::string email_id, Done<Email> done) = 0;

  // The message as accepted. NotFound: no such email, or it is settled.
  virtual void ReadContent(std::string email_id, Done<std::shared_ptr<const std::string>> done) = 0;
  // The same, at once and without an error, if it is in memory; null: ReadContent tells. Emails
  // that are delivered as soon as they are accepted are spared a trip to the disk by that.
  virtual std::shared_ptr<const std::string> ContentAtHand(const std::string& email_id) const {
    return nullptr;
  }

  // Up to `max_events` (at least 1) events after sequence number `after`; fewer when they are
  // large. An empty batch: none yet.
  // OutOfRange: `after` lies beyond the end of the log, or before its beginning.
  virtual void ReadEvents(int64_t after, int max_events, Done<EventBatch> done) = 0;

  // Emails that `query` chooses, newest (by accept_time, then by email_id) first. Pages are stable:
  // of one series, none shows an email twice, and none leaves out an email that was there, and
  // was chosen, all the time. The work for one page is bounded, so a page may be short, or even
  // empty, and still have a `next`. InvalidArgument: `after` is no place in a list.
  virtual void ListEmails(ListQuery query, Done<ListPage> done) = 0;

  // The newest dialogues of an email, at most kDialoguesPerEmail, oldest first. None for an email
  // that is unknown.
  virtual void ReadDialogues(std::string email_id, Done<std::vector<Dialogue>> done) = 0;

  // Queued recipients that `query` chooses, in the order in which they are due. A recipient whose
  // due time changes between two pages may be shown twice or not at all. The work for one page is
  // bounded, so a page may be short, or even empty, and still have a `next`. InvalidArgument:
  // `after` is no place in the queue.
  virtual void ListQueue(QueueQuery query, Done<QueuePage> done) = 0;

  // Counts what is queued by domain, and shows at most `max_domains` of them. Takes time in
  // proportion to the queue, and bounded memory. A recipient whose due time changes meanwhile may
  // be counted twice or not at all.
  virtual void SummarizeQueue(int max_domains, Done<QueueSummary> done) = 0;

  // Changes recipients at `now`, in one atomic durable step. Those that are claimed are counted and
  // left alone; unknown ones, settled ones and those that are so already are passed over. At most
  // a thousand, each once.
  virtual void ChangeQueued(std::vector<RecipientId> recipients, QueueChange change, absl::Time now,
                            Done<ChangedCounts> done) = 0;

  // Puts down an order, durably, instead of the one it replaces. ResourceExhausted: there are
  // kMaxOrders others.
  virtual void PutOrder(StandingOrder order, absl::AnyInvocable<void(absl::Status)> done) = 0;
  // Forgets the order that `order` replaces, if there is one.
  virtual void DropOrder(StandingOrder order, absl::AnyInvocable<void(absl::Status)> done) = 0;
  virtual void ListOrders(Done<std::vector<StandingOrder>> done) = 0;

  // Records that were found damaged, at most `max_records` of them shown.
  virtual void ListDamaged(int max_records, Done<DamagedRecords> done) = 0;

  // What is queued as of the last durable step (in a shared store, as of some moments ago).
  virtual QueueTotals Totals() const = 0;

  // Not OK while the store refuses to write, and why. Recovers by itself once the cause is gone,
  // whether or not it is called.
  virtual absl::Status Health() const = 0;

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
