#include "storage/schema.h"

#include "absl/status/status.h"
#include "storage/ordered_bytes.h"

namespace mailstrom::storage {
namespace {

constexpr int kIndexBytes = 4;

}  // namespace

absl::string_view FamilyName(Family family) {
  switch (family) {
    case Family::kMeta:
      // Every database has this family, under this name.
      return "default";
    case Family::kEmails:
      return "emails";
    case Family::kContents:
      return "contents";
    case Family::kRecipients:
      return "recipients";
    case Family::kDue:
      return "due";
    case Family::kEvents:
      return "events";
  }
  return "";
}

std::string RecipientKey(absl::string_view email_id, int recipient_index) {
  std::string key(email_id);
  AppendNumber(static_cast<uint64_t>(recipient_index), kIndexBytes, key);
  return key;
}

std::string EncodeDueKey(const DueKey& key) {
  std::string bytes;
  bytes.reserve(kNumberBytes + key.email_id.size() + kIndexBytes);
  AppendSigned(key.due_nanos, bytes);
  bytes += key.email_id;
  AppendNumber(static_cast<uint64_t>(key.recipient_index), kIndexBytes, bytes);
  return bytes;
}

absl::StatusOr<DueKey> DecodeDueKey(absl::string_view bytes) {
  if (bytes.size() <= kNumberBytes + kIndexBytes) return absl::DataLossError("due key is short");
  DueKey key;
  key.due_nanos = ReadSigned(bytes);
  const size_t id_bytes = bytes.size() - kNumberBytes - kIndexBytes;
  key.email_id = std::string(bytes.substr(kNumberBytes, id_bytes));
  key.recipient_index = static_cast<int>(ReadNumber(bytes.substr(kNumberBytes + id_bytes)));
  return key;
}

std::string EventKey(int64_t sequence) {
  std::string key;
  AppendNumber(static_cast<uint64_t>(sequence), kNumberBytes, key);
  return key;
}

absl::StatusOr<int64_t> DecodeEventKey(absl::string_view bytes) {
  if (bytes.size() != kNumberBytes) return absl::DataLossError("event key has the wrong size");
  return static_cast<int64_t>(ReadNumber(bytes));
}

}  // namespace mailstrom::storage
