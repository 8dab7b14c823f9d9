#ifndef MAILSTROM_CLIENTS_CLI_SEND_REQUEST_H_
#define MAILSTROM_CLIENTS_CLI_SEND_REQUEST_H_

#include <functional>
#include <istream>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "clients/cli/arguments.h"
#include "mailstrom/v1/mailstrom_service.pb.h"

namespace mailstrom::cli {

// Returns all bytes of a file; `-` is standard input.
using FileReader = std::function<absl::StatusOr<std::string>(const std::string& path)>;

// Opens a file that can be read from any place. InvalidArgument: it cannot be opened, or is none.
using FileOpener =
    std::function<absl::StatusOr<std::unique_ptr<std::istream>>(const std::string& path)>;

// The request that the words of `mailstrom send` ask for; `default_from` is the author of a
// composed email without one. Whether addresses and the like are right is left to the server, which
// names every wrong field at once. InvalidArgument: options that contradict each other, a file that
// cannot be read, or text that is not UTF-8.
absl::StatusOr<v1::SendEmailRequest> BuildSendRequest(const Arguments& arguments,
                                                      const FileReader& read_file,
                                                      const std::string& default_from = "");

// What the words of `mailstrom send --from-file` say of all emails: content (absent when no option
// is about it), envelope and tags. InvalidArgument: as above.
absl::StatusOr<v1::SendEmailRequest> BuildSharedRequest(const Arguments& arguments,
                                                        const FileReader& read_file);

// Names the author of a composed email that has none.
absl::Status SetDefaultFrom(const std::string& default_from, v1::Content& content);

// The first page that the words of `mailstrom list` ask for; its page_size is how many to show in
// all. InvalidArgument: as above.
absl::StatusOr<v1::ListEmailsRequest> BuildListRequest(const Arguments& arguments);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_SEND_REQUEST_H_
