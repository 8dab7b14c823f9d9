#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/types/optional.h"
#include "clients/cli/commands.h"
#include "clients/cli/config_file.h"
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

absl::StatusOr<std::unique_ptr<std::istream>> OpenFile(const std::string& path) {
  struct stat status = {};
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file || stat(path.c_str(), &status) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", path, ": ", strerror(errno)));
  }
  if (!S_ISREG(status.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is read more than once, so it has to be a file"));
  }
  return file;
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

std::string Variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

absl::StatusOr<int> FileMode(const std::string& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) return absl::NotFoundError(strerror(errno));
  return static_cast<int>(status.st_mode);
}

int Main(const std::vector<std::string>& words) {
  Environment environment = {.read_file = ReadFile,
                             .open_file = OpenFile,
                             .write_secret = WriteSecret,
                             .look_up_txt = LookUpTxt,
                             .terminal_size = StdoutSize,
                             .sleep = absl::SleepFor,
                             .out = std::cout,
                             .err = std::cerr};
  const absl::StatusOr<ConnectionDefaults> defaults =
      ReadDefaults({.variable = Variable, .read_file = ReadFile, .file_mode = FileMode});
  environment.configuration = defaults.status();
  if (defaults.ok()) environment.connection = *defaults;
  environment.user = Variable("USER");
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
