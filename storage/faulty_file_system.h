#ifndef MAILSTROM_STORAGE_FAULTY_FILE_SYSTEM_H_
#define MAILSTROM_STORAGE_FAULTY_FILE_SYSTEM_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/random_source.h"
#include "rocksdb/file_system.h"

namespace mailstrom::storage {

// The machine's files with the faults that disks have: errors from some moment on, and the loss of
// what was not synced. For tests. Thread-safe.
class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  enum class Fault {
    kNone,
    kNoSpace,
    kIoError,
    // The process dies as by kill -9.
    kKill,
  };
  // What is left of written, unsynced bytes.
  enum class Loss {
    kAll,
    // A part of any length, in which some bytes are wrong.
    kTorn,
  };

  FaultyFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}

  const char* Name() const override { return "FaultyFileSystem"; }

  // After `operations` more writes, syncs and changes of folders have succeeded, all others fail;
  // the first one that appends leaves half of its bytes behind.
  void FailAfter(int64_t operations, Fault fault);
  void Fail(Fault fault) { FailAfter(0, fault); }
  // Whether that fault has come about.
  bool has_failed() const;
  // From now on no file gives its bytes back, or all do again. Writes go on.
  void FailReads(bool fail) { reads_fail_ = fail; }
  // Reads that failed because of it, so far.
  int64_t failed_reads() const { return failed_reads_; }

  // As a loss of power would: bytes that were not synced are gone, and so are files whose folder
  // was not. No file may be open.
  void LoseUnsynced(Loss loss, RandomSource& random);

  // Syncs of files so far.
  int64_t syncs() const;

  rocksdb::IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& path,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                        rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* result,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* result,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

 private:
  class SequentialFile;
  class RandomAccessFile;
  class WritableFile;
  class Directory;

  struct FileState {
    uint64_t size = 0;
    uint64_t synced = 0;
    // Its name has reached the disk.
    bool is_named = false;
  };

  rocksdb::IOStatus AttemptRead();
  // Ok, or the fault, when it has come to that.
  rocksdb::IOStatus Attempt() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The same, but leaves a wanted kill to the caller, who writes a part before.
  rocksdb::IOStatus AttemptAppend() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void KillIfWanted() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  rocksdb::IOStatus Track(const std::string& path, std::unique_ptr<rocksdb::FSWritableFile>* file);

  std::atomic<bool> reads_fail_ = false;
  std::atomic<int64_t> failed_reads_ = 0;

  mutable absl::Mutex mutex_;
  Fault fault_ ABSL_GUARDED_BY(mutex_) = Fault::kNone;
  int64_t operations_left_ ABSL_GUARDED_BY(mutex_) = 0;
  bool has_failed_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t syncs_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, FileState> files_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_FAULTY_FILE_SYSTEM_H_
