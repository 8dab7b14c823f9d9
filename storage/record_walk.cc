#include "storage/record_walk.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"

namespace mailstrom::storage {
namespace {

constexpr size_t kPageRecords = 256;

}  // namespace

absl::Status ForEachRecord(
    const Database& database, Family family,
    absl::FunctionRef<void(absl::string_view key, absl::string_view value)> visit) {
  std::string begin;
  while (true) {
    std::vector<std::pair<std::string, std::string>> page;
    RETURN_IF_ERROR(
        database.Scan(family, begin, "", [&](absl::string_view key, absl::string_view value) {
          page.emplace_back(key, value);
          return page.size() < kPageRecords;
        }));
    for (const auto& [key, value] : page) visit(key, value);
    if (page.size() < kPageRecords) return absl::OkStatus();
    // Nothing sorts between a key and itself with a NUL appended.
    begin = page.back().first + std::string(1, '\0');
  }
}

}  // namespace mailstrom::storage
