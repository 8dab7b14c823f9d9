#ifndef MAILSTROM_CLIENTS_CLI_BULK_BULK_SOURCE_H_
#define MAILSTROM_CLIENTS_CLI_BULK_BULK_SOURCE_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mailstrom/v1/mailstrom_service.pb.h"

namespace mailstrom::cli {

// One email of a file.
struct BulkEmail {
  // Its place among the emails of the file, those that are wrong included, and the line where it
  // begins; both counted from 1.
  int64_t number = 0;
  int64_t line = 0;
  // Without request_id. InvalidArgument: what is wrong with it.
  absl::StatusOr<v1::SendEmailRequest> request = absl::UnknownError("not read");
  // Nothing after this one can be read.
  bool is_end = false;
};

// The emails of a file, one after the other.
class BulkSource {
 public:
  virtual ~BulkSource() = default;
  // Nothing after the last one.
  virtual std::optional<BulkEmail> Next() = 0;
};

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_BULK_BULK_SOURCE_H_
