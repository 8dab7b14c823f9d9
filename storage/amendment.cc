#include "storage/amendment.h"

#include <cstddef>

#include "base/status_macros.h"

namespace mailstrom::storage {
namespace {

constexpr size_t kChangesPerStep = 1000;

}  // namespace

absl::StatusOr<std::string> Amendment::Get(Family family, absl::string_view key) const {
  const auto change = changes_.find({family, std::string(key)});
  if (change == changes_.end()) return database_.Get(family, key);
  if (!change->second.has_value()) return absl::NotFoundError("is to be deleted");
  return *change->second;
}

void Amendment::Put(Family family, absl::string_view key, std::string value) {
  changes_[{family, std::string(key)}] = std::move(value);
}

void Amendment::Delete(Family family, absl::string_view key) {
  changes_[{family, std::string(key)}] = std::nullopt;
}

absl::Status Amendment::Apply() {
  while (!changes_.empty()) {
    Database::Batch batch(database_);
    for (size_t i = 0; i < kChangesPerStep && !changes_.empty(); ++i) {
      const auto& [place, value] = *changes_.begin();
      // Also before a new value: a later Drop takes back one Put only, and an older one would show
      // again.
      batch.Delete(place.first, place.second);
      if (value.has_value()) batch.Put(place.first, place.second, *value);
      changes_.erase(changes_.begin());
    }
    RETURN_IF_ERROR(database_.Write(batch));
  }
  return absl::OkStatus();
}

}  // namespace mailstrom::storage
