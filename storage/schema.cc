#include "storage/schema.h"

#include "absl/status/status.h"

namespace mailstrom::storage {
namespace {

// Big-endian, so that bytes sort as numbers do.
void AppendBigEndian(uint64_t value, int bytes, std::string& out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
}

uint64_t ReadBigEndian(absl::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

constexpr int kIndexBytes = 4;
constexpr int kNumberBytes = 8;
// Turns signed numbers into unsigned ones of the same order.
constexpr uint64_t kSignBit = uint64_t{1} << 63;

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
  AppendBigEndian(static_cast<uint64_t>(recipient_index), kIndexBytes, key);
  return key;
}

std::string EncodeDueKey(const DueKey& key) {
  std::string bytes;
  bytes.reserve(kNumberBytes + key.email_id.size() + kIndexBytes);
  AppendBigEndian(static_cast<uint64_t>(key.due_nanos) ^ kSignBit, kNumberBytes, bytes);
  bytes += key.email_id;
  AppendBigEndian(static_cast<uint64_t>(key.recipient_index), kIndexBytes, bytes);
  return bytes;
}

absl::StatusOr<DueKey> DecodeDueKey(absl::string_view bytes) {
  if (bytes.size() <= kNumberBytes + kIndexBytes) return absl::DataLossError("due key is short");
  DueKey key;
  key.due_nanos = static_cast<int64_t>(ReadBigEndian(bytes.substr(0, kNumberBytes)) ^ kSignBit);
  const size_t id_bytes = bytes.size() - kNumberBytes - kIndexBytes;
  key.email_id = std::string(bytes.substr(kNumberBytes, id_bytes));
  key.recipient_index = static_cast<int>(ReadBigEndian(bytes.substr(kNumberBytes + id_bytes)));
  return key;
}

std::string EventKey(int64_t sequence) {
  std::string key;
  AppendBigEndian(static_cast<uint64_t>(sequence), kNumberBytes, key);
  return key;
}

absl::StatusOr<int64_t> DecodeEventKey(absl::string_view bytes) {
  if (bytes.size() != kNumberBytes) return absl::DataLossError("event key has the wrong size");
  return static_cast<int64_t>(ReadBigEndian(bytes));
}

}  // namespace mailstrom::storage
