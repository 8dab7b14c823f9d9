#ifndef MAILSTROM_STORAGE_ORDERED_BYTES_H_
#define MAILSTROM_STORAGE_ORDERED_BYTES_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mailstrom::storage {

// Numbers as bytes that sort as the numbers do: big-endian.

inline constexpr int kNumberBytes = 8;

// Appends the lowest `bytes` bytes of `value`.
void AppendNumber(uint64_t value, int bytes, std::string& out);
// Reads all of `bytes`, at most 8.
uint64_t ReadNumber(absl::string_view bytes);

// Appends kNumberBytes that sort negative numbers first.
void AppendSigned(int64_t value, std::string& out);
// Reads the first kNumberBytes of `bytes`.
int64_t ReadSigned(absl::string_view bytes);

// Nanoseconds since 1970; the limits of int64_t stand for the infinite times.
int64_t ToNanos(absl::Time time);
absl::Time FromNanos(int64_t nanos);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_ORDERED_BYTES_H_
