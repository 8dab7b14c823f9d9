#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/types/optional.h"
#include "clients/cli/commands.h"
#include "clients/cli/dkim_dns.h"
#include "clients/cli/dkim_files.h"

namespace mailstrom::cli {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) {
      return absl::InvalidArgumentError(absl::StrCat("cannot read ", path, ": ", strerror(errno)));
    }
  }
  std::istream& in = path == "-" ? std::cin : file;
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  if (in.bad()) return absl::InvalidArgumentError(absl::StrCat("cannot read ", path));
  return bytes;
}

absl::optional<TerminalSize> StdoutSize() {
  const char* terminal = std::getenv("TERM");
  if (!isatty(STDOUT_FILENO) || (terminal != nullptr && absl::string_view(terminal) == "dumb")) {
    return absl::nullopt;
  }
  struct winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return TerminalSize();
  return TerminalSize{size.ws_col, size.ws_row};
}

// A variable that is unset or empty changes nothing.
void SetFromEnvironment(const char* name, std::string& value) {
  const char* const set = std::getenv(name);
  if (set != nullptr && *set != '\0') value = set;
}

int Main(const std::vector<std::string>& words) {
  Environment environment = {.read_file = ReadFile,
                             .write_secret = WriteSecret,
                             .look_up_txt = LookUpTxt,
                             .terminal_size = StdoutSize,
                             .sleep = absl::SleepFor,
                             .out = std::cout,
                             .err = std::cerr};
  ConnectionDefaults& connection = environment.connection;
  SetFromEnvironment("MAILSTROM_SERVER", connection.server);
  SetFromEnvironment("MAILSTROM_CA_FILE", connection.ca_file);
  SetFromEnvironment("MAILSTROM_API_KEY_FILE", connection.api_key_file);
  SetFromEnvironment("MAILSTROM_API_KEY", connection.api_key);
  SetFromEnvironment("USER", environment.user);
  ExitCode code = RunCommandLine(words, environment);
  if (!std::cout.flush()) {
    std::cerr << "mailstrom: cannot write to standard output\n";
    code = ExitCode::kOther;
  }
  return static_cast<int>(code);
}

}  // namespace
}  // namespace mailstrom::cli

int main(int argc, char** argv) {
  return mailstrom::cli::Main(std::vector<std::string>(argv + 1, argv + argc));
}
