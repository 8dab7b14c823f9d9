#include "server/dkim_keys.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/read_file.h"

namespace mailstrom::server {
namespace {

absl::StatusOr<std::shared_ptr<const message::DkimKeyRing>> MakeRing(
    const config::v1::DkimConfig& config, const std::vector<std::string>& pems) {
  auto ring = std::make_shared<message::DkimKeyRing>();
  for (int i = 0; i < config.keys_size(); ++i) {
    const config::v1::DkimKeyConfig& key = config.keys(i);
    absl::StatusOr<message::DkimKey> parsed = message::DkimKey::FromPem(pems[i]);
    const absl::Status added =
        parsed.ok() ? ring->Add(key.domain(), key.selector(), *std::move(parsed)) : parsed.status();
    if (!added.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("dkim.keys[", i, "] (", key.private_key_file(), "): ", added.message()));
    }
  }
  return ring;
}

absl::StatusOr<std::vector<std::string>> ReadPems(const config::v1::DkimConfig& config) {
  std::vector<std::string> pems;
  for (int i = 0; i < config.keys_size(); ++i) {
    absl::StatusOr<std::string> pem = ReadFile(config.keys(i).private_key_file());
    if (!pem.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("dkim.keys[", i, "]: ", pem.status().message()));
    }
    pems.push_back(*std::move(pem));
  }
  return pems;
}

}  // namespace

DkimKeys::DkimKeys(config::v1::DkimConfig config)
    : config_(std::move(config)), ring_(std::make_shared<message::DkimKeyRing>()) {}

absl::StatusOr<bool> DkimKeys::Reload() {
  absl::MutexLock reading(&reading_);
  config::v1::DkimConfig config;
  std::vector<std::string> before;
  {
    absl::MutexLock lock(&mutex_);
    config = config_;
    before = pems_;
  }
  ASSIGN_OR_RETURN(std::vector<std::string> pems, ReadPems(config));
  if (pems == before) return false;
  ASSIGN_OR_RETURN(std::shared_ptr<const message::DkimKeyRing> ring, MakeRing(config, pems));
  absl::MutexLock lock(&mutex_);
  pems_ = std::move(pems);
  ring_ = std::move(ring);
  return true;
}

absl::Status DkimKeys::Replace(config::v1::DkimConfig config) {
  absl::MutexLock reading(&reading_);
  ASSIGN_OR_RETURN(std::vector<std::string> pems, ReadPems(config));
  ASSIGN_OR_RETURN(std::shared_ptr<const message::DkimKeyRing> ring, MakeRing(config, pems));
  absl::MutexLock lock(&mutex_);
  config_ = std::move(config);
  pems_ = std::move(pems);
  ring_ = std::move(ring);
  return absl::OkStatus();
}

std::shared_ptr<const message::DkimKeyRing> DkimKeys::ring() const {
  absl::MutexLock lock(&mutex_);
  return ring_;
}

}  // namespace mailstrom::server
