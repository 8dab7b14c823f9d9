#include "server/read_file.h"

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace mailstrom::server {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf()))
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  return text.str();
}

}  // namespace mailstrom::server
