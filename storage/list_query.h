#ifndef MAILSTROM_STORAGE_LIST_QUERY_H_
#define MAILSTROM_STORAGE_LIST_QUERY_H_

#include <compare>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/records.h"
#include "storage/store.h"

namespace mailstrom::storage {

// What lists mean, apart from how a back end finds their emails.

// Where an email stands in lists, which go from the last place to the first.
struct ListPlace {
  // Nanoseconds since 1970, see record_codec.h.
  int64_t accept_nanos = 0;
  std::string email_id;

  std::strong_ordering operator<=>(const ListPlace& other) const = default;
};

// Bytes that sort as places do.
std::string EncodeListPlace(const ListPlace& place);
// InvalidArgument: not such bytes.
absl::StatusOr<ListPlace> DecodeListPlace(absl::string_view bytes);

// Whether `query` chooses an email, by its record alone (not by `recipient` and `settled`), and
// altogether.
bool MatchesRecord(const ListQuery& query, const EmailRecord& record);
bool Matches(const ListQuery& query, const Email& email);

// The address by which recipients are looked up: domains do not mind case, mailboxes may (RFC 5321
// section 2.4).
std::string FoldAddress(absl::string_view address);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_LIST_QUERY_H_
