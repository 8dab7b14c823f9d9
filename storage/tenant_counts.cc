#include "storage/tenant_counts.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "storage/schema.h"

namespace mailstrom::storage {

absl::StatusOr<std::map<std::string, int64_t>> ReadTenantCounts(const Database& database) {
  std::map<std::string, int64_t> counts;
  absl::Status parsed;
  RETURN_IF_ERROR(database.Scan(
      Family::kMeta, TenantRecipientsKey(""), TenantRecipientsEnd(),
      [&](absl::string_view key, absl::string_view value) {
        const absl::string_view tenant = absl::StripPrefix(key, TenantRecipientsKey(""));
        if (!absl::SimpleAtoi(value, &counts[std::string(tenant)])) {
          parsed = absl::DataLossError(
              absl::StrCat("the count of recipients of tenant ", tenant, " does not parse"));
        }
        return parsed.ok();
      }));
  RETURN_IF_ERROR(parsed);
  return counts;
}

absl::Status TenantCounts::Load(const Database& database) {
  ASSIGN_OR_RETURN(const auto counts, ReadTenantCounts(database));
  counts_.clear();
  changed_.clear();
  sum_ = 0;
  for (const auto& [tenant, count] : counts) {
    counts_[tenant] = count;
    sum_ += count;
  }
  return absl::OkStatus();
}

void TenantCounts::Add(const std::string& tenant, int64_t recipients) {
  if (tenant.empty()) return;
  counts_[tenant] += recipients;
  sum_ += recipients;
  changed_.insert(tenant);
}

void TenantCounts::Save(Database::Batch& batch) {
  for (const std::string& tenant : changed_) {
    const auto count = counts_.find(tenant);
    if (count->second == 0) {
      batch.Delete(Family::kMeta, TenantRecipientsKey(tenant));
      counts_.erase(count);
    } else {
      batch.Put(Family::kMeta, TenantRecipientsKey(tenant), absl::StrCat(count->second));
    }
  }
  changed_.clear();
}

int64_t TenantCounts::Of(const std::string& tenant, int64_t all) const {
  if (tenant.empty()) return all - sum_;
  const auto found = counts_.find(tenant);
  return found == counts_.end() ? 0 : found->second;
}

}  // namespace mailstrom::storage
