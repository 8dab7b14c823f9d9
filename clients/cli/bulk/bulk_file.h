#ifndef MAILSTROM_CLIENTS_CLI_BULK_BULK_FILE_H_
#define MAILSTROM_CLIENTS_CLI_BULK_BULK_FILE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "clients/cli/arguments.h"
#include "clients/cli/bulk/bulk_source.h"
#include "clients/cli/send_request.h"
#include "mailstrom/v1/mailstrom_service.pb.h"

namespace mailstrom::cli {

// A file of emails, as `mailstrom send --from-file` names it; read as often as one likes, a piece
// at a time.
class BulkFile {
 public:
  // `default_from`: the author of composed emails that name none. InvalidArgument: the words
  // contradict each other, or a file cannot be read.
  static absl::StatusOr<BulkFile> Open(const Arguments& arguments, const FileReader& read_file,
                                       FileOpener open_file, const std::string& default_from = "");

  const std::string& path() const { return path_; }

  // Its emails from the first one on. InvalidArgument: it has no beginning that makes sense.
  absl::StatusOr<std::unique_ptr<BulkSource>> Read() const;

  // The request_id of an email: the same for the same place in the same file with the same options,
  // or under the name that the user gave.
  std::string RequestId(const BulkEmail& email) const;

 private:
  BulkFile() = default;

  std::string path_;
  FileOpener open_file_;
  bool is_mbox_ = false;
  v1::SendEmailRequest shared_;
  std::string mailing_;
};

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_BULK_BULK_FILE_H_
