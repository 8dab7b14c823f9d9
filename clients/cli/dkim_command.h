#ifndef MAILSTROM_CLIENTS_CLI_DKIM_COMMAND_H_
#define MAILSTROM_CLIENTS_CLI_DKIM_COMMAND_H_

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace mailstrom::cli {

// What `mailstrom dkim` meets around it.
struct DkimEnvironment {
  std::function<absl::StatusOr<std::string>(const std::string& path)> read_file;
  // Writes a file that only its owner may read; never over another one.
  std::function<absl::Status(const std::string& path, const std::string& bytes)> write_secret;
  // The TXT records of `name`, each with its strings joined; none when there are none. Asks
  // `server`, or the machine's own when it is empty. Unavailable: DNS gave no answer.
  std::function<absl::StatusOr<std::vector<std::string>>(const std::string& name,
                                                         const std::string& server)>
      look_up_txt;
  std::ostream& out;
  std::ostream& err;
};

// Runs `mailstrom dkim WORDS`. Exit codes: 0 done, or DNS and key agree; 1 they do not; 2 the
// command line or a file is wrong; 4 DNS gave no answer.
int RunDkimCommand(absl::Span<const std::string> words, const DkimEnvironment& environment);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_DKIM_COMMAND_H_
