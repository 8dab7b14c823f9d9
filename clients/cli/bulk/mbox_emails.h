#ifndef MAILSTROM_CLIENTS_CLI_BULK_MBOX_EMAILS_H_
#define MAILSTROM_CLIENTS_CLI_BULK_MBOX_EMAILS_H_

#include <istream>
#include <optional>
#include <utility>

#include "clients/cli/bulk/bulk_source.h"
#include "clients/cli/bulk/mbox_reader.h"
#include "mailstrom/v1/mailstrom_service.pb.h"

namespace mailstrom::cli {

// The messages of a mailbox file as they are.
class MboxEmails final : public BulkSource {
 public:
  // `shared`: envelope and tags of all; without an envelope each goes by its own header. `in` must
  // outlive this.
  MboxEmails(std::istream& in, v1::SendEmailRequest shared)
      : reader_(in), shared_(std::move(shared)) {}

  std::optional<BulkEmail> Next() override;

 private:
  MboxReader reader_;
  const v1::SendEmailRequest shared_;
  int64_t count_ = 0;
  bool ended_ = false;
};

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_BULK_MBOX_EMAILS_H_
