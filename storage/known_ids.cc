#include "storage/known_ids.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace mailstrom::storage {
namespace {

// As many as come in a second or so.
constexpr size_t kMaxIds = 4096;

}  // namespace

void KnownIds::Reset(std::string largest) {
  largest_ = std::move(largest);
  Forget();
}

void KnownIds::Forget() {
  ids_.clear();
  above_ = largest_;
}

void KnownIds::Add(const std::string& email_id) {
  largest_ = std::max(largest_, email_id);
  if (ids_.size() >= kMaxIds) {
    Forget();
  } else if (email_id > above_) {
    ids_.insert(email_id);
  }
}

KnownIds::Answer KnownIds::Ask(const std::string& email_id) const {
  if (ids_.contains(email_id)) return Answer::kTaken;
  return email_id > above_ ? Answer::kFree : Answer::kUnknown;
}

}  // namespace mailstrom::storage
