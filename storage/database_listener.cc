#include "storage/database_listener.h"

namespace mailstrom::storage {
namespace {

class DatabaseListener final : public rocksdb::EventListener {
 public:
  explicit DatabaseListener(Failpoints failpoints) : failpoints_(failpoints) {}

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

 private:
  const Failpoints failpoints_;
};

}  // namespace

std::shared_ptr<rocksdb::EventListener> NewDatabaseListener(Failpoints failpoints) {
  return std::make_shared<DatabaseListener>(failpoints);
}

}  // namespace mailstrom::storage
