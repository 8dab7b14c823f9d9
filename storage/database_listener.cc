#include "storage/database_listener.h"

#include <utility>

#include "absl/strings/match.h"

namespace mailstrom::storage {
namespace {

class DatabaseListener final : public rocksdb::EventListener {
 public:
  DatabaseListener(Failpoints failpoints, std::function<void(absl::Duration)> on_log_synced)
      : failpoints_(failpoints), on_log_synced_(std::move(on_log_synced)) {}

  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status error,
                            bool* auto_recovery) override {
    error.PermitUncheckedError();
    *auto_recovery = false;
  }

  void OnFlushBegin(rocksdb::DB*, const rocksdb::FlushJobInfo&) override {
    failpoints_.Reach(Failpoint::kFlushBegun);
  }
  void OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo&) override {
    failpoints_.Reach(Failpoint::kFlushEnded);
  }
  void OnCompactionBegin(rocksdb::DB*, const rocksdb::CompactionJobInfo&) override {
    failpoints_.Reach(Failpoint::kCompactionBegun);
  }
  void OnCompactionCompleted(rocksdb::DB*, const rocksdb::CompactionJobInfo&) override {
    failpoints_.Reach(Failpoint::kCompactionEnded);
  }
  void OnTableFileDeleted(const rocksdb::TableFileDeletionInfo&) override {
    failpoints_.Reach(Failpoint::kTableFileDeleted);
  }
  void OnBlobFileDeleted(const rocksdb::BlobFileDeletionInfo&) override {
    failpoints_.Reach(Failpoint::kBlobFileDeleted);
  }

  bool ShouldBeNotifiedOnFileIO() override { return true; }
  void OnFileSyncFinish(const rocksdb::FileOperationInfo& info) override {
    if (absl::EndsWith(info.path, ".log")) on_log_synced_(absl::FromChrono(info.duration));
  }

 private:
  const Failpoints failpoints_;
  const std::function<void(absl::Duration)> on_log_synced_;
};

}  // namespace

std::shared_ptr<rocksdb::EventListener> NewDatabaseListener(
    Failpoints failpoints, std::function<void(absl::Duration)> on_log_synced) {
  return std::make_shared<DatabaseListener>(failpoints, std::move(on_log_synced));
}

}  // namespace mailstrom::storage
