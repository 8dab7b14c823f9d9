#include "server/readiness.h"

#include <string>
#include <utility>

#include "base/log.h"

namespace mailstrom::server {

Readiness::Readiness(storage::Store& store, std::function<void(bool)> report)
    : store_(store), report_(std::move(report)) {
  store_.AddListener(this);
  const bool is_healthy = store_.Health().ok();
  absl::MutexLock lock(&mutex_);
  if (!heard_) report_(is_healthy);
}

Readiness::~Readiness() { store_.RemoveListener(this); }

void Readiness::OnHealth(const absl::Status& health) {
  if (health.ok()) {
    LogInfo("store works again");
  } else {
    LogError("store refuses work", {{"reason", std::string(health.message())}});
  }
  absl::MutexLock lock(&mutex_);
  heard_ = true;
  report_(health.ok());
}

}  // namespace mailstrom::server
