#include "storage/quarantine.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace mailstrom::storage {
namespace {

// Messages with the same name, from earlier repairs.
constexpr int kMaxSameName = 1000;

absl::Status Failed(const std::string& path) {
  return absl::UnavailableError(
      absl::StrCat(path, ": ", absl::ErrnoToStatus(errno, "cannot be written").message()));
}

absl::Status SyncFolder(const std::string& path) {
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return Failed(path);
  const bool synced = fsync(folder) == 0;
  close(folder);
  return synced ? absl::OkStatus() : Failed(path);
}

bool WriteAll(int file, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

absl::Status Quarantine::Add(Family family, absl::string_view key, absl::string_view value,
                             absl::string_view reason) {
  // It holds mail.
  if (mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) return Failed(folder_);
  if (family == Family::kContents) return Write(NameOf(key), value, O_EXCL);
  return Write("records.jsonl",
               absl::StrCat(R"({"family": ")", FamilyName(family), R"(", "reason": ")", reason,
                            R"(", "key": ")", absl::Base64Escape(key), R"(", "value": ")",
                            absl::Base64Escape(value), "\"}\n"),
               O_APPEND);
}

std::string Quarantine::NameOf(absl::string_view email_id) const {
  const bool is_plain = !email_id.empty() && email_id[0] != '.' &&
                        std::all_of(email_id.begin(), email_id.end(), [](char c) {
                          return absl::ascii_isgraph(static_cast<unsigned char>(c)) && c != '/';
                        });
  const std::string stem = is_plain ? std::string(email_id) : absl::BytesToHexString(email_id);
  std::string name = absl::StrCat(stem, ".eml");
  for (int i = 2; i < kMaxSameName && access(absl::StrCat(folder_, "/", name).c_str(), F_OK) == 0;
       ++i) {
    name = absl::StrCat(stem, ".", i, ".eml");
  }
  return name;
}

absl::Status Quarantine::Write(const std::string& name, absl::string_view bytes, int flags) {
  const std::string path = absl::StrCat(folder_, "/", name);
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
  if (file < 0) return Failed(path);
  absl::Status status;
  if (!WriteAll(file, bytes) || fsync(file) != 0) status = Failed(path);
  close(file);
  RETURN_IF_ERROR(status);
  if (synced_.insert(name).second) RETURN_IF_ERROR(SyncFolder(folder_));
  return absl::OkStatus();
}

}  // namespace mailstrom::storage
