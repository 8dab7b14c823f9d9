#include "storage/damage_log.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "storage/record_codec.h"

namespace mailstrom::storage {
namespace {

constexpr size_t kMaxRemembered = 10000;

}  // namespace

void DamageLog::Report(Family family, absl::string_view key, const absl::Status& why) {
  if (!absl::IsDataLoss(why)) return;
  const std::string mark = DamagedKey(family, key);
  {
    absl::MutexLock lock(&mutex_);
    if (marked_.size() >= kMaxRemembered) marked_.clear();
    if (!marked_.insert(mark).second) return;
  }
  // Keys of some families hold what callers said.
  LogError("record set aside",
           {{"family", std::string(FamilyName(family))}, {"reason", std::string(why.message())}});
  mark_(mark, EncodeDamage(why.message()));
}

absl::StatusOr<DamagedRecords> DamageLog::List(int max_records) const {
  DamagedRecords damaged;
  RETURN_IF_ERROR(
      database_.Scan(Family::kDamaged, "", "", [&](absl::string_view key, absl::string_view value) {
        ++damaged.count;
        if (static_cast<int>(damaged.records.size()) >= max_records) return true;
        const size_t slash = key.find('/');
        absl::StatusOr<std::string> reason = DecodeDamage(value);
        damaged.records.push_back(
            {std::string(key.substr(0, slash)),
             slash == absl::string_view::npos ? "" : std::string(key.substr(slash + 1)),
             reason.ok() ? *std::move(reason) : std::string(reason.status().message())});
        return true;
      }));
  return damaged;
}

}  // namespace mailstrom::storage
