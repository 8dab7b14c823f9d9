#include "clients/cli/dkim_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace mailstrom::cli {
namespace {

bool WriteAll(int file, const std::string& bytes) {
  size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t count = write(file, bytes.data() + written, bytes.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    written += static_cast<size_t>(count);
  }
  return fsync(file) == 0;
}

}  // namespace

absl::Status WriteSecret(const std::string& path, const std::string& bytes) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    const std::string message = absl::StrCat("cannot write ", path, ": ", strerror(errno));
    return errno == EEXIST ? absl::AlreadyExistsError(message)
                           : absl::FailedPreconditionError(message);
  }
  const auto close_file = absl::MakeCleanup([file] { close(file); });
  if (WriteAll(file, bytes)) return absl::OkStatus();
  const std::string message = absl::StrCat("cannot write ", path, ": ", strerror(errno));
  unlink(path.c_str());
  return absl::FailedPreconditionError(message);
}

}  // namespace mailstrom::cli
