#ifndef MAILSTROM_STORAGE_VERIFICATION_H_
#define MAILSTROM_STORAGE_VERIFICATION_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/database.h"
#include "storage/schema.h"

namespace mailstrom::storage {

// What a look at every record of a database has found.
struct Verification {
  // Records of each family, by the number of the family.
  std::array<int64_t, kFamilyCount> records{};
  // Bytes of their keys and values, before compression.
  std::array<int64_t, kFamilyCount> bytes{};

  int64_t settled_emails = 0;
  // Recipients by state.
  int64_t queued = 0;
  int64_t deferred = 0;
  int64_t delivered = 0;
  int64_t failed = 0;
  // Numbers in the event log whose events a repair has put down as lost.
  int64_t lost_events = 0;

  // How many contradictions there are, and sentences about the first of them.
  int64_t problem_count = 0;
  std::vector<std::string> problems;
};

// Parses every record and holds them against each other: emails have all their recipients; exactly
// unsettled recipients are due, when they say so; exactly unsettled emails have contents; every
// email is in the lists; the event log has no gaps and ends each recipient's changes in the state
// that its record has; the totals are right. In bounded memory, whatever the size. Nobody may write
// meanwhile. Errors: the disk cannot be read.
absl::StatusOr<Verification> VerifyDatabase(const Database& database);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_VERIFICATION_H_
