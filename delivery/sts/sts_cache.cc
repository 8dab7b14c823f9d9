#include "delivery/sts/sts_cache.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "delivery/dns/host_name.h"

namespace mailstrom::delivery {
namespace {

namespace fs = std::filesystem;

// Of a file that is being written; no domain ends in it.
constexpr char kSuffix[] = "~";

}  // namespace

StsCache::StsCache(std::string directory, size_t max_entries, absl::Time now)
    : directory_(std::move(directory)), max_entries_(std::max<size_t>(max_entries, 1)) {
  if (directory_.empty()) return;
  std::error_code error;
  fs::create_directories(directory_, error);
  if (error) {
    LogError("MTA-STS policies are kept in memory only",
             {{"directory", directory_}, {"error", error.message()}});
    directory_.clear();
    return;
  }
  Load(now);
}

const StsCache::Entry* StsCache::Find(const std::string& domain, absl::Time now) const {
  const auto found = entries_.find(domain);
  if (found == entries_.end() || found->second.expire_time <= now) return nullptr;
  return &found->second;
}

void StsCache::Put(const std::string& domain, std::string id, absl::string_view text,
                   StsPolicy policy, absl::Time now) {
  if (!IsHostName(domain)) return;
  MakeRoom(now);
  Entry& entry = entries_[domain];
  entry = {std::move(id), now + policy.max_age, std::move(policy)};
  if (directory_.empty()) return;
  // The first line is the cache's own, the rest the policy as it was fetched.
  const std::string path = PathOf(domain);
  std::ofstream file(path + kSuffix, std::ios::binary | std::ios::trunc);
  file << absl::ToUnixSeconds(entry.expire_time) << ' ' << entry.id << '\n'
       << std::string(text.data(), text.size());
  file.close();
  std::error_code error;
  if (file) fs::rename(path + kSuffix, path, error);
  if (!file || error) LogError("an MTA-STS policy was not written", {{"file", path}});
}

void StsCache::Load(absl::Time now) {
  std::error_code error;
  for (const fs::directory_entry& item : fs::directory_iterator(directory_, error)) {
    const std::string domain = item.path().filename().string();
    if (entries_.size() >= max_entries_) break;
    if (!IsHostName(domain)) continue;
    std::ifstream file(item.path(), std::ios::binary);
    int64_t expire_seconds = 0;
    Entry entry;
    std::string rest;
    file >> expire_seconds >> entry.id;
    std::getline(file, rest);
    std::ostringstream text;
    text << file.rdbuf();
    absl::StatusOr<StsPolicy> policy = ParseStsPolicy(text.str());
    entry.expire_time = absl::FromUnixSeconds(expire_seconds);
    if (!policy.ok() || entry.expire_time <= now) {
      fs::remove(item.path(), error);
      continue;
    }
    entry.policy = *std::move(policy);
    entries_[domain] = std::move(entry);
  }
}

void StsCache::MakeRoom(absl::Time now) {
  if (entries_.size() < max_entries_) return;
  std::string first;
  absl::Time first_end = absl::InfiniteFuture();
  for (const auto& [domain, entry] : entries_) {
    if (entry.expire_time >= first_end) continue;
    first = domain;
    first_end = entry.expire_time;
  }
  Forget(first);
}

void StsCache::Forget(const std::string& domain) {
  entries_.erase(domain);
  std::error_code ignored;
  if (!directory_.empty()) fs::remove(PathOf(domain), ignored);
}

std::string StsCache::PathOf(const std::string& domain) const {
  return absl::StrCat(directory_, "/", domain);
}

}  // namespace mailstrom::delivery
