#include "storage/email_index.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "storage/list_query.h"
#include "storage/ordered_bytes.h"
#include "storage/schema.h"

namespace mailstrom::storage {

std::vector<std::pair<Family, std::string>> IndexPlaces(const Email& email) {
  const EmailRecord& record = email.record;
  const std::string place = EncodeListPlace({ToNanos(record.accept_time), record.email_id});
  std::vector<std::pair<Family, std::string>> places = {{Family::kByTime, place}};
  for (const auto& [tag, value] : record.tags) {
    places.emplace_back(Family::kByTag, absl::StrCat(TagPrefix(tag, value), place));
  }
  std::set<std::string> prefixes;
  for (const Recipient& recipient : email.recipients) {
    prefixes.insert(AddressPrefix(recipient.address));
  }
  for (const std::string& prefix : prefixes) {
    places.emplace_back(Family::kByRecipient, absl::StrCat(prefix, place));
  }
  return places;
}

void PutIntoIndexes(const Email& email, Database::Batch& batch) {
  for (const auto& [family, key] : IndexPlaces(email)) batch.Put(family, key, "");
}

}  // namespace mailstrom::storage
