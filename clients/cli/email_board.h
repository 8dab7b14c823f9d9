#ifndef MAILSTROM_CLIENTS_CLI_EMAIL_BOARD_H_
#define MAILSTROM_CLIENTS_CLI_EMAIL_BOARD_H_

#include <vector>

#include "mailstrom/v1/email.pb.h"
#include "mailstrom/v1/mailstrom_service.pb.h"

namespace mailstrom::cli {

// The emails of a watch as they stand after all its responses so far, in the order in which they
// first came up.
class EmailBoard {
 public:
  void Apply(const v1::WatchStatusResponse& response);

  const std::vector<v1::Email>& emails() const { return emails_; }

 private:
  v1::Email& Find(const std::string& email_id);

  std::vector<v1::Email> emails_;
};

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_EMAIL_BOARD_H_
