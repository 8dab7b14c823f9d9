#include "storage/group_committer.h"

#include <cstddef>
#include <utility>

namespace mailstrom::storage {

GroupCommitter::GroupCommitter(Writer& writer, size_t max_group_bytes)
    : writer_(writer), max_group_bytes_(max_group_bytes), thread_(&GroupCommitter::Run, this) {}

GroupCommitter::~GroupCommitter() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void GroupCommitter::Add(Commit commit) {
  absl::MutexLock lock(&mutex_);
  const Lane lane = commit.lane;
  queue_.Push(lane, std::move(commit));
}

bool GroupCommitter::HasWorkOrStops() const { return !queue_.empty() || stopping_; }

void GroupCommitter::Run() {
  while (true) {
    std::vector<Commit> group = NextGroup();
    if (group.empty()) return;
    CommitGroup(std::move(group));
  }
}

std::vector<GroupCommitter::Commit> GroupCommitter::NextGroup() {
  std::vector<Commit> group;
  size_t size_bytes = 0;
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &GroupCommitter::HasWorkOrStops));
  while (!queue_.empty() && (group.empty() || size_bytes < max_group_bytes_)) {
    group.push_back(queue_.Pop());
    size_bytes += group.back().size_bytes;
  }
  return group;
}

void GroupCommitter::PutBack(std::vector<Commit>& group, size_t first) {
  absl::MutexLock lock(&mutex_);
  for (size_t i = group.size(); i > first; --i) {
    const Lane lane = group[i - 1].lane;
    queue_.PutBack(lane, std::move(group[i - 1]));
  }
  group.erase(group.begin() + static_cast<std::ptrdiff_t>(first), group.end());
}

void GroupCommitter::CommitGroup(std::vector<Commit> group) {
  std::vector<absl::Status> statuses(group.size(), writer_.BeginGroup());
  bool any_prepared = false;
  for (size_t i = 0; i < group.size(); ++i) {
    if (i > 0 && statuses[i].ok() && group[i].fits && !group[i].fits()) {
      PutBack(group, i);
      statuses.resize(i);
      break;
    }
    if (statuses[i].ok()) statuses[i] = group[i].prepare();
    if (statuses[i].ok()) any_prepared = true;
  }
  if (any_prepared) {
    const absl::Status written = writer_.WriteGroup();
    for (absl::Status& status : statuses) {
      if (status.ok()) status = written;
    }
  }
  for (size_t i = 0; i < group.size(); ++i) group[i].done(statuses[i]);
  writer_.GroupAnswered();
}

}  // namespace mailstrom::storage
