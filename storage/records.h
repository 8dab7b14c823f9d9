#ifndef MAILSTROM_STORAGE_RECORDS_H_
#define MAILSTROM_STORAGE_RECORDS_H_

// What the store keeps, as plain values. Nothing here knows of the API or of the disk format.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace mailstrom::storage {

// Where a recipient stands. kDelivered and kFailed are final.
enum class RecipientState { kQueued = 1, kDeferred = 2, kDelivered = 3, kFailed = 4 };

inline bool IsFinal(RecipientState state) {
  return state == RecipientState::kDelivered || state == RecipientState::kFailed;
}

// Why a recipient was given up.
enum class FailureCause {
  kNone = 0,
  kRejected = 1,
  kBadDomain = 2,
  kExpired = 3,
  kCancelled = 4,
  kUnsupported = 5,
  kSuppressed = 6,
};

// How far an attempt got.
enum class Phase {
  kNone = 0,
  kDns = 1,
  kConnect = 2,
  kHello = 3,
  kTls = 4,
  kAuth = 5,
  kMail = 6,
  kRcpt = 7,
  kData = 8,
};

// What kind of trouble stood in the way of an attempt.
enum class BounceClass {
  kNone = 0,             // It was delivered, or nobody said.
  kBadMailbox = 1,       // There is no such mailbox.
  kInactiveMailbox = 2,  // There is, but it is disabled.
  kMailboxFull = 3,
  kBadDomain = 4,       // The domain does not exist or takes no mail.
  kReputation = 5,      // This host or its network is not welcome.
  kAuthentication = 6,  // SPF, DKIM or DMARC.
  kContent = 7,         // The message looks like spam or malware.
  kPolicy = 8,          // Another rule of theirs.
  kRate = 9,            // Too much at a time.
  kGreylisting = 10,    // A stranger's first visit.
  kSize = 11,           // The message is too large.
  kUnsupported = 12,    // The message needs what the host lacks.
  kConfiguration = 13,  // Relaying, host names, TLS: something is set up wrong, here or there.
  kConnection = 14,     // The host could not be spoken with.
  kDns = 15,            // Its name gave no answer.
  kSystem = 16,         // Trouble on the host.
  kOther = 17,
};

// An SMTP reply.
struct Reply {
  int code = 0;
  // Such as "4.7.1" (RFC 3463); empty when the server gave none.
  std::string enhanced_code;
  // Lines joined by line feeds, at most 1024 bytes of valid UTF-8.
  std::string text;
};

// One try at handing a recipient over.
struct Attempt {
  absl::Time start_time;
  absl::Time end_time;
  Phase phase = Phase::kNone;
  // Host tried last and its address; empty when none was.
  std::string mx_host;
  std::string mx_address;
  // Address of this host that it was tried from; empty when the system chose.
  std::string source_address;
  // TLS version and cipher; empty in clear.
  std::string tls;
  // Unset when the server said nothing.
  std::optional<Reply> reply;
  // For people.
  std::string description;
  BounceClass bounce_class = BounceClass::kNone;
};

// One forward-path of an email, with a state of its own.
struct Recipient {
  std::string address;
  RecipientState state = RecipientState::kQueued;
  // Attempts ended so far.
  int attempt_count = 0;
  std::optional<Attempt> last_attempt;
  // When the next attempt is due (wall clock); meaningless in a final state.
  absl::Time next_attempt_time = absl::UnixEpoch();
  FailureCause failure_cause = FailureCause::kNone;
  // The outcome of some attempt is unknown, so this recipient may get the message twice.
  bool in_doubt = false;
  // An operator holds it back (see Store::Hold). Set by the store, without an event.
  bool held = false;
  // Sequence number of the event that brought the recipient here; set by the store.
  int64_t revision = 0;
};

// What a caller overrides of the server's retry policy. Unset: the server's default at the time of
// each attempt.
struct RetryOverrides {
  std::optional<int> max_retries;
  std::optional<absl::Duration> initial_delay;
  std::optional<absl::Duration> max_delay;
  std::optional<double> multiplier;
};

// Everything about an email but its recipients and its content.
struct EmailRecord {
  std::string email_id;
  // Message-ID header field without angle brackets.
  std::string message_id;
  // Empty: the null reverse-path.
  std::string reverse_path;
  absl::Time accept_time;
  // Recipients not settled by then fail with kExpired.
  absl::Time expire_time;
  // Of the content; set by the store.
  int64_t size_bytes = 0;
  // Set by the store.
  int recipient_count = 0;
  // The message has bytes above 127 (8BITMIME is needed).
  bool is_8bit = false;
  // A header field needs SMTPUTF8.
  bool needs_smtputf8 = false;
  std::map<std::string, std::string> tags;
  RetryOverrides retry;
  // To whom the email belongs; empty: to nobody in particular.
  std::string tenant;
  // The submitter's place in a distributed trace (W3C Trace Context); empty: none.
  std::string traceparent;
};

// An email with its recipients, in the order of the envelope.
struct Email {
  EmailRecord record;
  std::vector<Recipient> recipients;

  // Grows with every change of a recipient: the largest recipient revision.
  int64_t revision() const;
  // All recipients are in a final state.
  bool settled() const;
};

// One change of one recipient.
struct Event {
  // Place in the event log: 1, 2, 3, … over all emails, in order of commit.
  int64_t sequence = 0;
  std::string email_id;
  std::map<std::string, std::string> tags;
  // Index in Email::recipients.
  int recipient_index = 0;
  // The recipient after the change; its revision is `sequence`.
  Recipient recipient;
  // Whether this change settled the last recipient of the email.
  bool email_settled = false;
  absl::Time event_time;
  // Of the email.
  std::string tenant;
  std::string traceparent;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_RECORDS_H_
