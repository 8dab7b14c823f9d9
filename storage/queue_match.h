#ifndef MAILSTROM_STORAGE_QUEUE_MATCH_H_
#define MAILSTROM_STORAGE_QUEUE_MATCH_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "storage/queue_view.h"
#include "storage/records.h"

namespace mailstrom::storage {

// What queries and summaries of the queue mean, apart from how a back end finds recipients.

// The domain of an address, in lower case.
std::string DomainOf(absl::string_view address);

// Whether `query` chooses a recipient: by its email's record alone, and altogether.
bool MatchesRecord(const QueueQuery& query, const EmailRecord& record);
bool Matches(const QueueQuery& query, const EmailRecord& record, const Recipient& recipient);

// Counts recipients by domain, of at most `max_domains` domains; further ones are counted together.
class QueueCounter {
 public:
  // At most kMaxDomains are told apart while counting.
  static constexpr size_t kMaxDomains = 100'000;

  void Count(const EmailRecord& record, const Recipient& recipient);
  // The `max_domains` with the most recipients. Call once.
  QueueSummary Finish(size_t max_domains);

 private:
  absl::flat_hash_map<std::string, DomainQueue> domains_;
  DomainQueue others_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_QUEUE_MATCH_H_
