#ifndef MAILSTROM_STORAGE_GROUP_COMMITTER_H_
#define MAILSTROM_STORAGE_GROUP_COMMITTER_H_

#include <cstddef>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "storage/two_lanes.h"

namespace mailstrom::storage {

// Gathers what waits into groups and commits each group in one step, so that many callers share
// one sync of the disk. While one group is being written, the next one gathers: nobody waits for
// company. A group takes from the lanes in turns. Thread-safe.
class GroupCommitter {
 public:
  // Called on the committer's thread only.
  class Writer {
   public:
    virtual ~Writer() = default;
    // A new group. An error refuses it whole.
    virtual absl::Status BeginGroup() = 0;
    // Makes durable what was prepared since, or nothing of it.
    virtual absl::Status WriteGroup() = 0;
    // All of the group have their answers.
    virtual void GroupAnswered() = 0;
  };

  struct Commit {
    size_t size_bytes = 0;
    // Adds to the group that the writer is about to write. An error refuses this commit alone; it
    // must have added nothing. Runs on the committer's thread.
    absl::AnyInvocable<absl::Status()> prepare;
    // The answer. Runs on the committer's thread, which must not be held up.
    absl::AnyInvocable<void(absl::Status)> done;
    // Whether it can be prepared in the group as it is; if not, it begins the next one, which it
    // must fit into. Null: always. Runs on the committer's thread.
    absl::AnyInvocable<bool()> fits = nullptr;
    Lane lane = Lane::kDelivery;
  };

  // A group is closed once it holds `max_group_bytes`. `writer` must outlive the committer.
  GroupCommitter(Writer& writer, size_t max_group_bytes);
  // Commits everything that was added.
  ~GroupCommitter();
  GroupCommitter(const GroupCommitter&) = delete;
  GroupCommitter& operator=(const GroupCommitter&) = delete;

  void Add(Commit commit);

 private:
  void Run();
  // Waits for commits; empty when the committer ends.
  std::vector<Commit> NextGroup();
  bool HasWorkOrStops() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CommitGroup(std::vector<Commit> group);
  // Leaves commits from `first` on to the next group.
  void PutBack(std::vector<Commit>& group, size_t first);

  Writer& writer_;
  const size_t max_group_bytes_;

  absl::Mutex mutex_;
  TwoLanes<Commit> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_GROUP_COMMITTER_H_
