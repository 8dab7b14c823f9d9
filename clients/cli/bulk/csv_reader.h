#ifndef MAILSTROM_CLIENTS_CLI_BULK_CSV_READER_H_
#define MAILSTROM_CLIENTS_CLI_BULK_CSV_READER_H_

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mailstrom::cli {

// Reads comma-separated values (RFC 4180) record by record. Lines end in CRLF or LF; a byte order
// mark and empty lines are passed over. Holds one record.
class CsvReader {
 public:
  static constexpr size_t kMaxRecordBytes = size_t{32} << 20;

  // `in` must outlive this.
  explicit CsvReader(std::istream& in, size_t max_record_bytes = kMaxRecordBytes);

  // The next record; false after the last. InvalidArgument: the file is malformed, or a record is
  // larger than it may be; where the next one begins is unknown then, and the error stays.
  absl::StatusOr<bool> Next(std::vector<std::string>& fields);

  // Where the record last read begins, or where the error is; counted from 1.
  int64_t line() const { return line_; }

 private:
  static constexpr int kEnd = -1;

  int Take();
  absl::Status Append(int byte, std::string& field);
  absl::Status TakeQuoted(std::string& field);
  absl::Status Fail(int64_t line, absl::string_view why);

  std::istream& in_;
  const size_t max_record_bytes_;
  size_t record_bytes_ = 0;
  int64_t line_ = 0;
  int64_t next_line_ = 1;
  absl::Status error_;
};

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_BULK_CSV_READER_H_
