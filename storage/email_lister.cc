#include "storage/email_lister.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "storage/ordered_bytes.h"
#include "storage/record_codec.h"
#include "storage/schema.h"

namespace mailstrom::storage {
namespace {

// Places taken from an index at a time.
constexpr size_t kMaxPlaces = 200;

}  // namespace

// How far one page has come.
struct EmailLister::Walk {
  Family index = Family::kByTime;
  // What the index's keys begin with.
  std::string prefix;
  // Places from `first` on and before `end` are still to be visited.
  std::string first;
  std::string end;
  int reads = 0;
  ListPage page;
};

absl::StatusOr<ListPage> EmailLister::ListEmails(const ListQuery& query) const {
  if (query.page_size < 1) return absl::InvalidArgumentError("a page has at least one email");
  Walk walk;
  if (query.recipient.has_value()) {
    walk.index = Family::kByRecipient;
    walk.prefix = AddressPrefix(*query.recipient);
  } else if (!query.tags.empty()) {
    walk.index = Family::kByTag;
    walk.prefix = TagPrefix(query.tags.begin()->first, query.tags.begin()->second);
  }
  walk.first = EncodeListPlace({ToNanos(query.start_time), ""});
  walk.end = EncodeListPlace({ToNanos(query.end_time), ""});
  if (!query.after.empty()) {
    RETURN_IF_ERROR(DecodeListPlace(query.after).status());
    walk.end = std::min(walk.end, query.after);
  }
  while (walk.first < walk.end) {
    const size_t wanted = query.page_size - walk.page.emails.size();
    const size_t max = std::clamp<size_t>(2 * wanted, 10, kMaxPlaces);
    ASSIGN_OR_RETURN(const std::vector<ListPlace> places, NextPlaces(walk, max));
    RETURN_IF_ERROR(Visit(query, places, walk));
    const bool all_visited = places.empty() || walk.end == EncodeListPlace(places.back());
    if (all_visited && places.size() < max) return std::move(walk.page);
    if (!all_visited || static_cast<int>(walk.page.emails.size()) >= query.page_size ||
        walk.reads >= max_reads_) {
      walk.page.next = walk.end;
      return std::move(walk.page);
    }
  }
  return std::move(walk.page);
}

absl::StatusOr<std::vector<ListPlace>> EmailLister::NextPlaces(const Walk& walk, size_t max) const {
  std::vector<ListPlace> places;
  RETURN_IF_ERROR(database_.ScanBackward(
      walk.index, absl::StrCat(walk.prefix, walk.first), absl::StrCat(walk.prefix, walk.end),
      [&](absl::string_view key, absl::string_view) {
        absl::StatusOr<ListPlace> place = DecodeListPlace(key.substr(walk.prefix.size()));
        if (place.ok()) {
          places.push_back(*std::move(place));
        } else {
          damage_.Report(walk.index, key, absl::DataLossError("no place of a list"));
        }
        return places.size() < max;
      }));
  return places;
}

absl::Status EmailLister::Visit(const ListQuery& query, const std::vector<ListPlace>& places,
                                Walk& walk) const {
  std::vector<std::string> ids;
  for (const ListPlace& place : places) ids.push_back(place.email_id);
  const auto records = database_.MultiGet(Family::kEmails, ids);
  for (size_t i = 0; i < places.size(); ++i) {
    if (static_cast<int>(walk.page.emails.size()) >= query.page_size || walk.reads >= max_reads_) {
      break;
    }
    walk.end = EncodeListPlace(places[i]);
    ++walk.reads;
    // It may be gone while its place is not.
    if (absl::IsNotFound(records[i].status())) continue;
    RETURN_IF_ERROR(records[i].status());
    absl::StatusOr<EmailRecord> record = DecodeEmailRecord(ids[i], *records[i]);
    damage_.Report(Family::kEmails, ids[i], record.status());
    if (!record.ok() || !MatchesRecord(query, *record)) continue;
    walk.reads += record->recipient_count;
    absl::StatusOr<Email> email = reader_.ReadEmailOf(*std::move(record));
    if (absl::IsDataLoss(email.status()) || absl::IsNotFound(email.status())) continue;
    RETURN_IF_ERROR(email.status());
    if (Matches(query, *email)) walk.page.emails.push_back(*std::move(email));
  }
  return absl::OkStatus();
}

}  // namespace mailstrom::storage
