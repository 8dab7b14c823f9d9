#include "storage/list_query.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "storage/ordered_bytes.h"

namespace mailstrom::storage {

std::string EncodeListPlace(const ListPlace& place) {
  std::string bytes;
  AppendSigned(place.accept_nanos, bytes);
  bytes += place.email_id;
  return bytes;
}

absl::StatusOr<ListPlace> DecodeListPlace(absl::string_view bytes) {
  if (bytes.size() <= kNumberBytes || bytes.size() > kNumberBytes + kMaxEmailIdBytes) {
    return absl::InvalidArgumentError("not a place in a list");
  }
  return ListPlace{ReadSigned(bytes), std::string(bytes.substr(kNumberBytes))};
}

bool MatchesRecord(const ListQuery& query, const EmailRecord& record) {
  if (record.accept_time < query.start_time || record.accept_time >= query.end_time) return false;
  if (query.tenant.has_value() && *query.tenant != record.tenant) return false;
  return std::all_of(query.tags.begin(), query.tags.end(), [&](const auto& tag) {
    const auto found = record.tags.find(tag.first);
    return found != record.tags.end() && found->second == tag.second;
  });
}

bool Matches(const ListQuery& query, const Email& email) {
  if (!MatchesRecord(query, email.record)) return false;
  if (query.settled.has_value() && *query.settled != email.settled()) return false;
  if (!query.recipient.has_value()) return true;
  const std::string wanted = FoldAddress(*query.recipient);
  return std::any_of(
      email.recipients.begin(), email.recipients.end(),
      [&](const Recipient& recipient) { return FoldAddress(recipient.address) == wanted; });
}

std::string FoldAddress(absl::string_view address) {
  const size_t at = address.rfind('@');
  if (at == absl::string_view::npos) return std::string(address);
  return absl::StrCat(address.substr(0, at), absl::AsciiStrToLower(address.substr(at)));
}

}  // namespace mailstrom::storage
