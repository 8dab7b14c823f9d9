#ifndef MAILSTROM_CLIENTS_CLI_BULK_CSV_EMAILS_H_
#define MAILSTROM_CLIENTS_CLI_BULK_CSV_EMAILS_H_

#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "clients/cli/bulk/bulk_source.h"
#include "clients/cli/bulk/csv_reader.h"
#include "clients/cli/bulk/placeholder_text.h"
#include "mailstrom/v1/mailstrom_service.pb.h"

namespace mailstrom::cli {

// An email for each record of a CSV file, whose first one names the columns, in any case of
// letters: `from`, `to`, `cc`, `bcc` and `reply-to` are addresses as in the header field of that
// name; `subject`, `text` and `html` are content; `tag.KEY` is the value of a tag. Others are for
// placeholders only.
class CsvEmails final : public BulkSource {
 public:
  // What all emails have in common is `shared`: a cell that is not empty goes before it, and its
  // subject, text and HTML may have placeholders. `in` must outlive this. InvalidArgument: the
  // columns are wrong, or do not have what a placeholder names; `line` tells where the former is.
  static absl::StatusOr<std::unique_ptr<CsvEmails>> Open(std::istream& in,
                                                         v1::SendEmailRequest shared);

  std::optional<BulkEmail> Next() override;

 private:
  CsvEmails(std::istream& in, v1::SendEmailRequest shared)
      : reader_(in), shared_(std::move(shared)) {}

  absl::Status ReadColumns();
  absl::Status ReadPlaceholders();
  absl::StatusOr<v1::SendEmailRequest> MakeRequest(const std::vector<std::string>& record) const;

  CsvReader reader_;
  v1::SendEmailRequest shared_;
  std::vector<std::string> columns_;
  std::optional<PlaceholderText> subject_;
  std::optional<PlaceholderText> text_;
  std::optional<PlaceholderText> html_;
  int64_t count_ = 0;
  bool ended_ = false;
};

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_BULK_CSV_EMAILS_H_
