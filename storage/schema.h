#ifndef MAILSTROM_STORAGE_SCHEMA_H_
#define MAILSTROM_STORAGE_SCHEMA_H_

// The layout of the embedded database: a column family for each kind of record, and their keys.
// Keys are built here only. All sort bytewise in the order that their readers want.

#include <compare>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mailstrom::storage {

// Version of this layout, kept under kSchemaVersionKey.
inline constexpr int kSchemaVersion = 1;

enum class Family {
  // schema version and log id, by name.
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
};
inline constexpr int kFamilyCount = 6;

// The family's name in the database.
absl::string_view FamilyName(Family family);

inline constexpr char kSchemaVersionKey[] = "schema_version";
inline constexpr char kLogIdKey[] = "log_id";

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

std::string EventKey(int64_t sequence);
// DataLoss: not such a key.
absl::StatusOr<int64_t> DecodeEventKey(absl::string_view bytes);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_SCHEMA_H_
