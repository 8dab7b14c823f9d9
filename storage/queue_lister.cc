#include "storage/queue_lister.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "storage/queue_match.h"
#include "storage/record_codec.h"

namespace mailstrom::storage {
namespace {

// Places taken from the index at a time.
constexpr size_t kMaxPlaces = 1000;

// The key that follows `key` at once.
std::string After(absl::string_view key) { return absl::StrCat(key, absl::string_view("\0", 1)); }

}  // namespace

absl::StatusOr<QueuePage> QueueLister::ListQueue(const QueueQuery& query) const {
  if (query.page_size < 1) return absl::InvalidArgumentError("a page has at least one recipient");
  std::string begin;
  if (!query.after.empty()) {
    if (!DecodeDueKey(query.after).ok()) {
      return absl::InvalidArgumentError("no place in the queue");
    }
    begin = After(query.after);
  }
  QueuePage page;
  for (int reads = 0; reads < max_reads_;) {
    const size_t wanted = query.page_size - page.recipients.size();
    const size_t max = std::clamp<size_t>(2 * wanted, 10, kMaxPlaces);
    std::vector<DueKey> places;
    std::string last;
    RETURN_IF_ERROR(ScanPlaces(begin, max, places, last));
    RETURN_IF_ERROR(Visit(places, [&](const DueKey& place, QueuedRecipient queued) {
      if (Matches(query, *queued.record, queued.recipient)) {
        page.recipients.push_back(std::move(queued));
      }
      if (static_cast<int>(page.recipients.size()) < query.page_size) return true;
      last = EncodeDueKey(place);
      return false;
    }));
    const bool is_full = static_cast<int>(page.recipients.size()) >= query.page_size;
    if (!is_full && places.size() < max) {
      // An earlier round may have left a place.
      page.next.clear();
      return page;
    }
    page.next = last;
    if (is_full) return page;
    begin = After(last);
    reads += static_cast<int>(2 * places.size());
  }
  return page;
}

absl::StatusOr<QueueSummary> QueueLister::SummarizeQueue(int max_domains) const {
  QueueCounter counter;
  std::string begin;
  while (true) {
    std::vector<DueKey> places;
    std::string last;
    RETURN_IF_ERROR(ScanPlaces(begin, kMaxPlaces, places, last));
    RETURN_IF_ERROR(Visit(places, [&](const DueKey&, QueuedRecipient queued) {
      if (!IsFinal(queued.recipient.state)) counter.Count(*queued.record, queued.recipient);
      return true;
    }));
    if (last.empty()) return counter.Finish(static_cast<size_t>(std::max(max_domains, 0)));
    begin = After(last);
  }
}

absl::Status QueueLister::ScanPlaces(const std::string& begin, size_t max,
                                     std::vector<DueKey>& places, std::string& last) const {
  return database_.Scan(Family::kDue, begin, "", [&](absl::string_view key, absl::string_view) {
    absl::StatusOr<DueKey> place = DecodeDueKey(key);
    damage_.Report(Family::kDue, key, place.status());
    if (place.ok()) places.push_back(*std::move(place));
    last = std::string(key);
    return places.size() < max;
  });
}

absl::Status QueueLister::Visit(
    const std::vector<DueKey>& places,
    absl::FunctionRef<bool(const DueKey&, QueuedRecipient)> visit) const {
  std::vector<std::string> ids;
  std::vector<std::string> keys;
  for (const DueKey& place : places) {
    if (ids.empty() || ids.back() != place.email_id) ids.push_back(place.email_id);
    keys.push_back(RecipientKey(place.email_id, place.recipient_index));
  }
  const auto records = database_.MultiGet(Family::kEmails, ids);
  const auto recipients = database_.MultiGet(Family::kRecipients, keys);
  std::shared_ptr<const EmailRecord> record;
  for (size_t i = 0, next_id = 0; i < places.size(); ++i) {
    const DueKey& place = places[i];
    if (next_id == 0 || ids[next_id - 1] != place.email_id) {
      const absl::StatusOr<std::string>& bytes = records[next_id++];
      record = nullptr;
      if (!bytes.ok() && !absl::IsNotFound(bytes.status())) return bytes.status();
      if (bytes.ok()) {
        absl::StatusOr<EmailRecord> decoded = DecodeEmailRecord(place.email_id, *bytes);
        damage_.Report(Family::kEmails, place.email_id, decoded.status());
        if (decoded.ok()) record = std::make_shared<const EmailRecord>(*std::move(decoded));
      }
    }
    // It was settled since its place was read, or is damaged.
    if (absl::IsNotFound(recipients[i].status()) || record == nullptr) continue;
    RETURN_IF_ERROR(recipients[i].status());
    absl::StatusOr<Recipient> recipient = DecodeRecipient(*recipients[i]);
    damage_.Report(Family::kRecipients, keys[i], recipient.status());
    if (!recipient.ok()) continue;
    // The index may have places that are no recipient's any more; see DueClaimer.
    if (ToNanos(recipient->next_attempt_time) != place.due_nanos) continue;
    if (!visit(place, {record, place.recipient_index, *std::move(recipient)})) break;
  }
  return absl::OkStatus();
}

}  // namespace mailstrom::storage
