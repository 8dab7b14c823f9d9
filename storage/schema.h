#ifndef MAILSTROM_STORAGE_SCHEMA_H_
#define MAILSTROM_STORAGE_SCHEMA_H_

// The layout of the embedded database: a column family for each kind of record, and their keys.
// Keys are built here only. All sort bytewise in the order that their readers want.

#include <compare>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/standing_order.h"

namespace mailstrom::storage {

// Version of this layout, kept under kSchemaVersionKey.
inline constexpr int kSchemaVersion = 2;

enum class Family {
  // Schema version, log id, totals of the queue and operators' orders, by name.
  kMeta = 0,
  // email_id -> EmailRecord. Written once.
  kEmails,
  // email_id -> the message. Written once, dropped when the email is settled.
  kContents,
  // email_id, recipient index -> Recipient.
  kRecipients,
  // due time, email_id, recipient index -> nothing. One for each recipient that is not settled.
  kDue,
  // sequence number -> Event.
  kEvents,
  // caller, request_id -> RequestKey. Dropped by compaction once expired.
  kRequestKeys,
  // Places of lists (see list_query.h) -> nothing: of all emails, of those with a tag, and of those
  // with a recipient. Written once. They may outlive their email: whoever reads one passes over it
  // then.
  kByTime,
  kByTag,
  kByRecipient,
  // email_id -> when it was cancelled. As long as the email is not settled.
  kCancelled,
  // email_id, sequence number -> Dialogue. Written once.
  kDialogues,
  // family, key -> what is wrong with that record.
  kDamaged,
};
inline constexpr int kFamilyCount = 13;

// The family's name in the database.
absl::string_view FamilyName(Family family);

inline constexpr char kSchemaVersionKey[] = "schema_version";
inline constexpr char kLogIdKey[] = "log_id";
inline constexpr char kQueueTotalsKey[] = "queue_totals";
// How many recipients of a tenant are queued, in decimal; missing when none is.
std::string TenantRecipientsKey(absl::string_view tenant);
// After all of those keys.
std::string TenantRecipientsEnd();
// Sequence number up to which the event log was trimmed, in decimal; missing when it never was.
inline constexpr char kTrimmedSequenceKey[] = "trimmed_sequence";
// What the keys of operators' orders begin with; see OrderKey.
inline constexpr char kOrderPrefix[] = "order/";

// Place in the due index, in its order. Times are nanoseconds as in record_codec.h.
struct DueKey {
  int64_t due_nanos = 0;
  std::string email_id;
  int recipient_index = 0;

  std::strong_ordering operator<=>(const DueKey& other) const = default;
};

// Keys of families whose records belong to a whole email are the email_id itself.

// Recipients of an email follow each other. Ids are visible ASCII and indexes below 2^24, so the
// first byte of the index sorts before any that could continue the id.
std::string RecipientKey(absl::string_view email_id, int recipient_index);

std::string EncodeDueKey(const DueKey& key);
// DataLoss: not such a key.
absl::StatusOr<DueKey> DecodeDueKey(absl::string_view bytes);

std::string RequestKeyKey(absl::string_view caller, absl::string_view request_id);

// What the keys of one tag, or of one recipient's address, begin with; an encoded ListPlace
// follows.
std::string TagPrefix(absl::string_view tag, absl::string_view value);
std::string AddressPrefix(absl::string_view address);

// The email to which a key of kByTime, kByTag or kByRecipient leads. DataLoss: not such a key.
absl::StatusOr<std::string> IndexedEmailId(Family family, absl::string_view bytes);

std::string DialogueKey(absl::string_view email_id, int64_t sequence);
// Where the dialogues of an email end.
std::string DialoguesEnd(absl::string_view email_id);
// DataLoss: not such a key.
absl::StatusOr<int64_t> DecodeDialogueKey(absl::string_view bytes);

std::string DamagedKey(Family family, absl::string_view key);

// Of an order, in kMeta: one for each kind and scope.
std::string OrderKey(const StandingOrder& order);
// Where the keys of orders end.
std::string OrdersEnd();

std::string EventKey(int64_t sequence);
// DataLoss: not such a key.
absl::StatusOr<int64_t> DecodeEventKey(absl::string_view bytes);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_SCHEMA_H_
