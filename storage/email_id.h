#ifndef MAILSTROM_STORAGE_EMAIL_ID_H_
#define MAILSTROM_STORAGE_EMAIL_ID_H_

#include <string>

#include "absl/time/time.h"
#include "base/random_source.h"

namespace mailstrom::storage {

// A new email_id: 26 characters of Crockford's base 32 (a ULID), 48 bits of `now` in milliseconds
// followed by 80 random bits. Ids of different milliseconds sort as their times do; those of one
// millisecond in any order. Times before 1970 count as 1970.
std::string NewEmailId(absl::Time now, RandomSource& random);

// The smallest id that NewEmailId can give at `time`, with which to seek.
std::string FirstEmailIdAt(absl::Time time);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_EMAIL_ID_H_
