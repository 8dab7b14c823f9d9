#include "storage/schema.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "storage/list_query.h"
#include "storage/ordered_bytes.h"

namespace mailstrom::storage {
namespace {

constexpr int kIndexBytes = 4;
constexpr int kLengthBytes = 4;

// Appends `text` behind its length, so that no text begins another.
void AppendText(absl::string_view text, std::string& out) {
  AppendNumber(text.size(), kLengthBytes, out);
  absl::StrAppend(&out, text);
}

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
    case Family::kRequestKeys:
      return "request_keys";
    case Family::kByTime:
      return "by_time";
    case Family::kByTag:
      return "by_tag";
    case Family::kByRecipient:
      return "by_recipient";
    case Family::kCancelled:
      return "cancelled";
    case Family::kDialogues:
      return "dialogues";
    case Family::kDamaged:
      return "damaged";
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

std::string RequestKeyKey(absl::string_view caller, absl::string_view request_id) {
  std::string key;
  AppendText(caller, key);
  absl::StrAppend(&key, request_id);
  return key;
}

std::string TagPrefix(absl::string_view tag, absl::string_view value) {
  std::string prefix;
  AppendText(tag, prefix);
  AppendText(value, prefix);
  return prefix;
}

std::string AddressPrefix(absl::string_view address) {
  std::string prefix;
  AppendText(FoldAddress(address), prefix);
  return prefix;
}

absl::StatusOr<std::string> IndexedEmailId(Family family, absl::string_view bytes) {
  int texts = 0;
  if (family == Family::kByTag) texts = 2;
  if (family == Family::kByRecipient) texts = 1;
  for (; texts > 0; --texts) {
    if (bytes.size() < kLengthBytes) return absl::DataLossError("index key is short");
    const uint64_t size = ReadNumber(bytes.substr(0, kLengthBytes));
    bytes.remove_prefix(kLengthBytes);
    if (bytes.size() < size) return absl::DataLossError("index key is short");
    bytes.remove_prefix(size);
  }
  const absl::StatusOr<ListPlace> place = DecodeListPlace(bytes);
  if (!place.ok()) return absl::DataLossError("index key has no place");
  return place->email_id;
}

std::string DialogueKey(absl::string_view email_id, int64_t sequence) {
  std::string key(email_id);
  AppendNumber(static_cast<uint64_t>(sequence), kNumberBytes, key);
  return key;
}

std::string DialoguesEnd(absl::string_view email_id) {
  // Sequence numbers stay below 2^56, so their first byte is 0.
  return absl::StrCat(email_id, absl::string_view("\x01"));
}

absl::StatusOr<int64_t> DecodeDialogueKey(absl::string_view bytes) {
  if (bytes.size() <= kNumberBytes) return absl::DataLossError("dialogue key is short");
  return static_cast<int64_t>(ReadNumber(bytes.substr(bytes.size() - kNumberBytes)));
}

std::string DamagedKey(Family family, absl::string_view key) {
  return absl::StrCat(FamilyName(family), "/", key);
}

std::string OrderKey(const StandingOrder& order) {
  std::string key = kOrderPrefix;
  AppendNumber(static_cast<uint64_t>(order.kind), 1, key);
  AppendNumber(static_cast<uint64_t>(order.scope.kind), 1, key);
  AppendText(order.scope.name, key);
  absl::StrAppend(&key, order.scope.value);
  return key;
}

std::string OrdersEnd() {
  std::string end = kOrderPrefix;
  ++end.back();
  return end;
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

std::string TenantRecipientsKey(absl::string_view tenant) {
  return absl::StrCat("tenant_recipients/", tenant);
}

std::string TenantRecipientsEnd() { return "tenant_recipients0"; }

}  // namespace mailstrom::storage
