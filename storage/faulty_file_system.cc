#include "storage/faulty_file_system.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace mailstrom::storage {
namespace {

using rocksdb::FSDirectory;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

std::string FolderOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

// Some bytes between `begin` and `end` of a file take other values.
void Garble(const std::string& path, uint64_t begin, uint64_t end, RandomSource& random) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  for (int i = 0; i < 3; ++i) {
    const char byte = static_cast<char>(random.Next());
    const auto place = static_cast<off_t>(begin + random.Next() % (end - begin));
    if (pwrite(file, &byte, 1, place) != 1) break;
  }
  close(file);
}

}  // namespace

class FaultyFileSystem::SequentialFile final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  SequentialFile(FaultyFileSystem& file_system, std::unique_ptr<rocksdb::FSSequentialFile> target)
      : FSSequentialFileOwnerWrapper(std::move(target)), file_system_(file_system) {}

  IOStatus Read(size_t size, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* debug) override {
    if (IOStatus status = file_system_.AttemptRead(); !status.ok()) return status;
    return FSSequentialFileOwnerWrapper::Read(size, options, result, scratch, debug);
  }

 private:
  FaultyFileSystem& file_system_;
};

class FaultyFileSystem::RandomAccessFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  RandomAccessFile(FaultyFileSystem& file_system,
                   std::unique_ptr<rocksdb::FSRandomAccessFile> target)
      : FSRandomAccessFileOwnerWrapper(std::move(target)), file_system_(file_system) {}

  IOStatus Read(uint64_t offset, size_t size, const IOOptions& options, Slice* result,
                char* scratch, IODebugContext* debug) const override {
    if (IOStatus status = file_system_.AttemptRead(); !status.ok()) return status;
    return FSRandomAccessFileOwnerWrapper::Read(offset, size, options, result, scratch, debug);
  }
  IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count, const IOOptions& options,
                     IODebugContext* debug) override {
    if (IOStatus status = file_system_.AttemptRead(); !status.ok()) return status;
    return FSRandomAccessFileOwnerWrapper::MultiRead(requests, count, options, debug);
  }
  IOStatus Prefetch(uint64_t offset, size_t size, const IOOptions& options,
                    IODebugContext* debug) override {
    if (IOStatus status = file_system_.AttemptRead(); !status.ok()) return status;
    return FSRandomAccessFileOwnerWrapper::Prefetch(offset, size, options, debug);
  }

 private:
  FaultyFileSystem& file_system_;
};

class FaultyFileSystem::WritableFile final : public rocksdb::FSWritableFileWrapper {
 public:
  WritableFile(FaultyFileSystem& file_system, std::string path,
               std::unique_ptr<FSWritableFile> target)
      : FSWritableFileWrapper(target.get()),
        file_system_(file_system),
        path_(std::move(path)),
        target_(std::move(target)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    absl::MutexLock lock(&file_system_.mutex_);
    const bool had_failed = file_system_.has_failed_;
    const IOStatus status = file_system_.AttemptAppend();
    Slice part = data;
    if (!status.ok()) part = Slice(data.data(), had_failed ? 0 : data.size() / 2);
    const IOStatus appended = target_->Append(part, options, debug);
    file_system_.files_[path_].size += part.size();
    if (!status.ok()) file_system_.KillIfWanted();
    return status.ok() ? appended : status;
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& info, IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    absl::MutexLock lock(&file_system_.mutex_);
    if (IOStatus status = file_system_.Attempt(); !status.ok()) return status;
    FileState& state = file_system_.files_[path_];
    state.size = size;
    state.synced = std::min(state.synced, size);
    return target_->Truncate(size, options, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    uint64_t size = 0;
    {
      absl::MutexLock lock(&file_system_.mutex_);
      if (IOStatus status = file_system_.Attempt(); !status.ok()) return status;
      size = file_system_.files_[path_].size;
      ++file_system_.syncs_;
    }
    const IOStatus status = target_->Sync(options, debug);
    absl::MutexLock lock(&file_system_.mutex_);
    if (status.ok()) file_system_.files_[path_].synced = size;
    return status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }
  // Only hastens what a sync does later.
  IOStatus RangeSync(uint64_t offset, uint64_t bytes, const IOOptions& options,
                     IODebugContext* debug) override {
    return IOStatus::OK();
  }

 private:
  FaultyFileSystem& file_system_;
  const std::string path_;
  const std::unique_ptr<FSWritableFile> target_;
};

class FaultyFileSystem::Directory final : public rocksdb::FSDirectoryWrapper {
 public:
  Directory(FaultyFileSystem& file_system, std::string path, std::unique_ptr<FSDirectory> target)
      : FSDirectoryWrapper(std::move(target)), file_system_(file_system), path_(std::move(path)) {}

  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    absl::MutexLock lock(&file_system_.mutex_);
    if (IOStatus status = file_system_.Attempt(); !status.ok()) return status;
    for (auto& [path, state] : file_system_.files_) {
      if (FolderOf(path) == path_) state.is_named = true;
    }
    return FSDirectoryWrapper::Fsync(options, debug);
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions& dir_options) override {
    return Fsync(options, debug);
  }

 private:
  FaultyFileSystem& file_system_;
  const std::string path_;
};

void FaultyFileSystem::FailAfter(int64_t operations, Fault fault) {
  absl::MutexLock lock(&mutex_);
  operations_left_ = operations;
  fault_ = fault;
  has_failed_ = false;
}

bool FaultyFileSystem::has_failed() const {
  absl::MutexLock lock(&mutex_);
  return has_failed_;
}

int64_t FaultyFileSystem::syncs() const {
  absl::MutexLock lock(&mutex_);
  return syncs_;
}

void FaultyFileSystem::KillIfWanted() {
  if (fault_ == Fault::kKill) kill(getpid(), SIGKILL);
}

IOStatus FaultyFileSystem::Attempt() {
  const IOStatus status = AttemptAppend();
  if (!status.ok()) KillIfWanted();
  return status;
}

IOStatus FaultyFileSystem::AttemptAppend() {
  if (fault_ == Fault::kNone || operations_left_-- > 0) return IOStatus::OK();
  has_failed_ = true;
  return fault_ == Fault::kNoSpace ? IOStatus::NoSpace("as the test wants")
                                   : IOStatus::IOError("as the test wants");
}

IOStatus FaultyFileSystem::Track(const std::string& path, std::unique_ptr<FSWritableFile>* file) {
  *file = std::make_unique<WritableFile>(*this, path, std::move(*file));
  return IOStatus::OK();
}

IOStatus FaultyFileSystem::AttemptRead() {
  if (!reads_fail_) return IOStatus::OK();
  ++failed_reads_;
  return IOStatus::IOError("as the test wants");
}

IOStatus FaultyFileSystem::NewSequentialFile(const std::string& path,
                                             const rocksdb::FileOptions& options,
                                             std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                             IODebugContext* debug) {
  const IOStatus status = target()->NewSequentialFile(path, options, result, debug);
  if (status.ok()) *result = std::make_unique<SequentialFile>(*this, std::move(*result));
  return status;
}

IOStatus FaultyFileSystem::NewRandomAccessFile(const std::string& path,
                                               const rocksdb::FileOptions& options,
                                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                               IODebugContext* debug) {
  const IOStatus status = target()->NewRandomAccessFile(path, options, result, debug);
  if (status.ok()) *result = std::make_unique<RandomAccessFile>(*this, std::move(*result));
  return status;
}

IOStatus FaultyFileSystem::NewWritableFile(const std::string& path,
                                           const rocksdb::FileOptions& options,
                                           std::unique_ptr<FSWritableFile>* result,
                                           IODebugContext* debug) {
  {
    absl::MutexLock lock(&mutex_);
    if (IOStatus status = Attempt(); !status.ok()) return status;
    files_[path] = FileState();
  }
  if (IOStatus status = target()->NewWritableFile(path, options, result, debug); !status.ok()) {
    return status;
  }
  return Track(path, result);
}

IOStatus FaultyFileSystem::ReopenWritableFile(const std::string& path,
                                              const rocksdb::FileOptions& options,
                                              std::unique_ptr<FSWritableFile>* result,
                                              IODebugContext* debug) {
  {
    absl::MutexLock lock(&mutex_);
    if (IOStatus status = Attempt(); !status.ok()) return status;
  }
  if (IOStatus status = target()->ReopenWritableFile(path, options, result, debug); !status.ok()) {
    return status;
  }
  return Track(path, result);
}

IOStatus FaultyFileSystem::NewDirectory(const std::string& path, const IOOptions& options,
                                        std::unique_ptr<FSDirectory>* result,
                                        IODebugContext* debug) {
  if (IOStatus status = target()->NewDirectory(path, options, result, debug); !status.ok()) {
    return status;
  }
  *result = std::make_unique<Directory>(*this, path, std::move(*result));
  return IOStatus::OK();
}

IOStatus FaultyFileSystem::RenameFile(const std::string& from, const std::string& to,
                                      const IOOptions& options, IODebugContext* debug) {
  absl::MutexLock lock(&mutex_);
  if (IOStatus status = Attempt(); !status.ok()) return status;
  if (IOStatus status = target()->RenameFile(from, to, options, debug); !status.ok()) {
    return status;
  }
  if (const auto state = files_.find(from); state != files_.end()) {
    files_[to] = state->second;
    // A rename that replaces a file leaves one of the two under the name, whatever happens.
    files_[to].is_named = true;
    files_.erase(state);
  }
  return IOStatus::OK();
}

IOStatus FaultyFileSystem::DeleteFile(const std::string& path, const IOOptions& options,
                                      IODebugContext* debug) {
  absl::MutexLock lock(&mutex_);
  if (IOStatus status = Attempt(); !status.ok()) return status;
  files_.erase(path);
  return target()->DeleteFile(path, options, debug);
}

void FaultyFileSystem::LoseUnsynced(Loss loss, RandomSource& random) {
  absl::MutexLock lock(&mutex_);
  for (auto& [path, state] : files_) {
    if (!state.is_named) {
      std::remove(path.c_str());
      continue;
    }
    if (state.synced == state.size) continue;
    uint64_t kept = state.synced;
    if (loss == Loss::kTorn) kept += random.Next() % (state.size - state.synced + 1);
    if (truncate(path.c_str(), static_cast<off_t>(kept)) != 0) continue;
    if (kept > state.synced) Garble(path, state.synced, kept, random);
    state.size = state.synced = kept;
  }
  std::erase_if(files_, [](const auto& file) { return !file.second.is_named; });
}

}  // namespace mailstrom::storage
