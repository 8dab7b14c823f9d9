#include "storage/email_index.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "storage/list_query.h"
#include "storage/ordered_bytes.h"
#include "storage/schema.h"

namespace mailstrom::storage {

void PutIntoIndexes(const Email& email, Database::Batch& batch) {
  const EmailRecord& record = email.record;
  const std::string place = EncodeListPlace({ToNanos(record.accept_time), record.email_id});
  batch.Put(Family::kByTime, place, "");
  for (const auto& [tag, value] : record.tags) {
    batch.Put(Family::kByTag, absl::StrCat(TagPrefix(tag, value), place), "");
  }
  std::set<std::string> prefixes;
  for (const Recipient& recipient : email.recipients) {
    prefixes.insert(AddressPrefix(recipient.address));
  }
  for (const std::string& prefix : prefixes) {
    batch.Put(Family::kByRecipient, absl::StrCat(prefix, place), "");
  }
}

}  // namespace mailstrom::storage
