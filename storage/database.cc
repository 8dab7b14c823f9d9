#include "storage/database.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "rocksdb/cache.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/perf_level.h"
#include "rocksdb/utilities/checkpoint.h"
#include "rocksdb/write_batch.h"
#include "storage/database_listener.h"
#include "storage/request_key_filter.h"
#include "storage/rocksdb_status.h"
#include "storage/rocksdb_tuning.h"

namespace mailstrom::storage {
namespace {

rocksdb::Slice ToSlice(absl::string_view text) { return {text.data(), text.size()}; }

absl::string_view FromSlice(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// RocksDB counts for each thread what it does, down to each comparison of keys, which costs more
// than the comparison. Nobody asks for these counts.
void StopCounting() { rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable); }

// Makes sure that what a replay of the logs will read is on the disk. A log may end in bytes that
// were never synced, and a replay puts them into the families one after the other: a loss of power
// between two of them would leave a commit in some families only, with no log to repeat it from.
absl::Status SyncLogs(rocksdb::Env& env, const std::string& path) {
  std::vector<std::string> names;
  // Fails for a database that does not exist yet, which is no error here.
  if (!env.GetChildren(path, &names).ok()) return absl::OkStatus();
  for (const std::string& name : names) {
    if (!absl::EndsWith(name, ".log")) continue;
    std::unique_ptr<rocksdb::WritableFile> log;
    RETURN_IF_ERROR(FromRocksDb(
        env.ReopenWritableFile(absl::StrCat(path, "/", name), &log, rocksdb::EnvOptions())));
    RETURN_IF_ERROR(FromRocksDb(log->Sync()));
    RETURN_IF_ERROR(FromRocksDb(log->Close()));
  }
  return absl::OkStatus();
}

// Whether the disk takes as much as opening the database may write at least.
absl::Status ProbeDisk(rocksdb::Env& env, const std::string& path) {
  const std::string name = absl::StrCat(path, "/probe");
  std::unique_ptr<rocksdb::WritableFile> file;
  RETURN_IF_ERROR(FromRocksDb(env.NewWritableFile(name, &file, rocksdb::EnvOptions())));
  const std::string bytes(size_t{1} << 20, 'p');
  rocksdb::Status status = file->Append(bytes);
  if (status.ok()) status = file->Sync();
  if (status.ok()) status = file->Close();
  file = nullptr;
  const rocksdb::Status deleted = env.DeleteFile(name);
  return FromRocksDb(status.ok() ? deleted : status);
}

absl::Status NotOpen() { return absl::UnavailableError("the database is not open"); }

}  // namespace

// An open RocksDB and its column families.
struct Database::Instance {
  bool read_only = false;
  // Of all families.
  std::shared_ptr<rocksdb::Cache> cache;
  std::unique_ptr<rocksdb::DB> db;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount> families{};

  rocksdb::ColumnFamilyHandle* operator[](Family family) const {
    return families[static_cast<int>(family)];
  }

  ~Instance() {
    if (db == nullptr) return;
    for (rocksdb::ColumnFamilyHandle* family : families) {
      db->DestroyColumnFamilyHandle(family).PermitUncheckedError();
    }
    db->Close().PermitUncheckedError();
  }
};

struct Database::Batch::Rep {
  // Belongs to the database; null when that is not open.
  const Instance* instance;
  rocksdb::WriteBatch batch;
};

Database::Batch::Batch(const Database& database) : rep_(std::make_unique<Rep>()) {
  absl::ReaderMutexLock lock(&database.mutex_);
  rep_->instance = database.instance_.get();
}

Database::Batch::~Batch() = default;

void Database::Batch::Put(Family family, absl::string_view key, absl::string_view value) {
  if (rep_->instance == nullptr) return;
  // In-memory only, so it cannot fail.
  rep_->batch.Put((*rep_->instance)[family], ToSlice(key), ToSlice(value)).PermitUncheckedError();
}

void Database::Batch::Drop(Family family, absl::string_view key) {
  if (rep_->instance == nullptr) return;
  rep_->batch.SingleDelete((*rep_->instance)[family], ToSlice(key)).PermitUncheckedError();
}

void Database::Batch::Delete(Family family, absl::string_view key) {
  if (rep_->instance == nullptr) return;
  rep_->batch.Delete((*rep_->instance)[family], ToSlice(key)).PermitUncheckedError();
}

void Database::Batch::DeleteRange(Family family, absl::string_view begin, absl::string_view end) {
  if (rep_->instance == nullptr) return;
  rep_->batch.DeleteRange((*rep_->instance)[family], ToSlice(begin), ToSlice(end))
      .PermitUncheckedError();
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(DatabaseOptions options,
                                                         RandomSource& random) {
  std::unique_ptr<Database> database(new Database(std::move(options)));
  {
    absl::MutexLock lock(&database->mutex_);
    RETURN_IF_ERROR(database->OpenInstance(/*read_only=*/false));
  }
  RETURN_IF_ERROR(database->CheckMeta(random));
  return database;
}

absl::StatusOr<std::unique_ptr<Database>> Database::OpenForReading(DatabaseOptions options) {
  std::unique_ptr<Database> database(new Database(std::move(options)));
  {
    absl::MutexLock lock(&database->mutex_);
    RETURN_IF_ERROR(database->OpenInstance(/*read_only=*/true));
  }
  const absl::StatusOr<std::string> version = database->Get(Family::kMeta, kSchemaVersionKey);
  if (!version.ok() && database->options_.is_damaged) return database;
  RETURN_IF_ERROR(version.status());
  if (*version != absl::StrCat(kSchemaVersion)) {
    return absl::FailedPreconditionError(absl::StrCat("the database has schema version ", *version,
                                                      ", this program reads ", kSchemaVersion));
  }
  ASSIGN_OR_RETURN(database->log_id_, database->Get(Family::kMeta, kLogIdKey));
  return database;
}

Database::Database(DatabaseOptions options) : options_(std::move(options)) {}

rocksdb::Env* Database::env() const {
  return options_.env != nullptr ? options_.env : rocksdb::Env::Default();
}

Database::~Database() = default;

absl::Status Database::OpenInstance(bool read_only) {
  rocksdb::DBOptions db_options = TunedDbOptions(options_.write_buffer_bytes);
  db_options.env = env();
  db_options.listeners.push_back(NewDatabaseListener(
      options_.failpoints, [this](absl::Duration time) { write_times_.sync.Observe(time); }));
  if (options_.is_damaged) {
    db_options.paranoid_checks = false;
    db_options.track_and_verify_wals_in_manifest = false;
    // All that can be had, even if it is not of one moment.
    db_options.wal_recovery_mode = rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
  }
  if (!read_only) RETURN_IF_ERROR(SyncLogs(*env(), options_.path));

  std::set<std::string> unknown;
  std::vector<std::string> present;
  // Fails for a database that does not exist yet, which is no error here.
  if (rocksdb::DB::ListColumnFamilies(db_options, options_.path, &present).ok()) {
    unknown.insert(present.begin(), present.end());
  }

  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(options_.block_cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (int i = 0; i < kFamilyCount; ++i) {
    const auto family = static_cast<Family>(i);
    const std::string name(FamilyName(family));
    unknown.erase(name);
    descriptors.emplace_back(name, TunedFamilyOptions(family, options_.write_buffer_bytes, cache));
    if (family == Family::kRequestKeys) {
      descriptors.back().options.compaction_filter_factory =
          NewRequestKeyFilterFactory(options_.clock, options_.failpoints);
    }
  }
  if (!unknown.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the database has records that this version does not know: ", *unknown.begin()));
  }

  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  RETURN_IF_ERROR(FromRocksDb(
      read_only
          ? rocksdb::DB::OpenForReadOnly(db_options, options_.path, descriptors, &handles, &db)
          : rocksdb::DB::Open(db_options, options_.path, descriptors, &handles, &db)));
  instance_ = std::make_unique<Instance>();
  instance_->read_only = read_only;
  instance_->cache = cache;
  instance_->db.reset(db);
  std::copy(handles.begin(), handles.end(), instance_->families.begin());
  return absl::OkStatus();
}

absl::Status Database::CheckMeta(RandomSource& random) {
  const absl::StatusOr<std::string> version_text = Get(Family::kMeta, kSchemaVersionKey);
  if (absl::IsNotFound(version_text.status())) return InitMeta(random);
  RETURN_IF_ERROR(version_text.status());
  int version = 0;
  if (!absl::SimpleAtoi(*version_text, &version) || version < 1) {
    return absl::DataLossError("the database's schema version does not parse");
  }
  if (version > kSchemaVersion) {
    return absl::FailedPreconditionError(absl::StrCat("the database has schema version ", version,
                                                      ", this program knows up to ",
                                                      kSchemaVersion));
  }
  ASSIGN_OR_RETURN(log_id_, Get(Family::kMeta, kLogIdKey));
  return absl::OkStatus();
}

absl::Status Database::InitMeta(RandomSource& random) {
  log_id_ = absl::StrCat(absl::Hex(random.Next(), absl::kZeroPad16));
  Batch batch(*this);
  batch.Put(Family::kMeta, kSchemaVersionKey, absl::StrCat(kSchemaVersion));
  batch.Put(Family::kMeta, kLogIdKey, log_id_);
  return Write(batch);
}

absl::Status Database::Write(Batch& batch) {
  absl::ReaderMutexLock lock(&mutex_);
  if (instance_ == nullptr || batch.rep_->instance != instance_.get()) return NotOpen();
  if (instance_->read_only) return absl::UnavailableError("the database is read-only for now");
  rocksdb::WriteOptions options;
  options.sync = true;
  StopCounting();
  const auto start = std::chrono::steady_clock::now();
  const rocksdb::Status status = instance_->db->Write(options, &batch.rep_->batch);
  write_times_.write.Observe(absl::FromChrono(std::chrono::steady_clock::now() - start));
  if (!status.ok()) ++failures_.writes;
  return FromRocksDb(status);
}

absl::Status Database::ReadStatus(const rocksdb::Status& status) const {
  if (!status.ok() && !status.IsNotFound()) ++failures_.reads;
  return FromRocksDb(status);
}

StoreMemory Database::memory() const {
  absl::ReaderMutexLock lock(&mutex_);
  StoreMemory memory;
  if (instance_ == nullptr) return memory;
  rocksdb::DB& db = *instance_->db;
  db.GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &memory.memtables);
  db.GetAggregatedIntProperty(rocksdb::DB::Properties::kEstimateTableReadersMem,
                              &memory.table_readers);
  memory.block_cache = instance_->cache->GetUsage();
  return memory;
}

absl::StatusOr<std::string> Database::Get(Family family, absl::string_view key) const {
  absl::ReaderMutexLock lock(&mutex_);
  if (instance_ == nullptr) return NotOpen();
  StopCounting();
  std::string value;
  RETURN_IF_ERROR(ReadStatus(
      instance_->db->Get(rocksdb::ReadOptions(), (*instance_)[family], ToSlice(key), &value)));
  return value;
}

std::vector<absl::StatusOr<std::string>> Database::MultiGet(
    Family family, const std::vector<std::string>& keys) const {
  std::vector<absl::StatusOr<std::string>> results;
  absl::ReaderMutexLock lock(&mutex_);
  if (instance_ == nullptr) {
    results.resize(keys.size(), NotOpen());
    return results;
  }
  StopCounting();
  std::vector<rocksdb::Slice> slices;
  for (const std::string& key : keys) slices.push_back(ToSlice(key));
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  instance_->db->MultiGet(rocksdb::ReadOptions(), (*instance_)[family], keys.size(), slices.data(),
                          values.data(), statuses.data());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].ok()) {
      results.emplace_back(std::string(values[i].data(), values[i].size()));
    } else {
      results.emplace_back(ReadStatus(statuses[i]));
    }
  }
  return results;
}

absl::Status Database::Scan(
    Family family, absl::string_view begin, absl::string_view end,
    absl::FunctionRef<bool(absl::string_view key, absl::string_view value)> visit) const {
  absl::ReaderMutexLock lock(&mutex_);
  if (instance_ == nullptr) return NotOpen();
  StopCounting();
  rocksdb::ReadOptions options;
  const rocksdb::Slice bound = ToSlice(end);
  if (!end.empty()) options.iterate_upper_bound = &bound;
  const std::unique_ptr<rocksdb::Iterator> iterator(
      instance_->db->NewIterator(options, (*instance_)[family]));
  for (iterator->Seek(ToSlice(begin)); iterator->Valid(); iterator->Next()) {
    if (!visit(FromSlice(iterator->key()), FromSlice(iterator->value()))) break;
  }
  return ReadStatus(iterator->status());
}

absl::Status Database::ScanBackward(
    Family family, absl::string_view begin, absl::string_view end,
    absl::FunctionRef<bool(absl::string_view key, absl::string_view value)> visit) const {
  absl::ReaderMutexLock lock(&mutex_);
  if (instance_ == nullptr) return NotOpen();
  StopCounting();
  rocksdb::ReadOptions options;
  const rocksdb::Slice lower = ToSlice(begin);
  const rocksdb::Slice upper = ToSlice(end);
  options.iterate_lower_bound = &lower;
  if (!end.empty()) options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> iterator(
      instance_->db->NewIterator(options, (*instance_)[family]));
  for (iterator->SeekToLast(); iterator->Valid(); iterator->Prev()) {
    if (!visit(FromSlice(iterator->key()), FromSlice(iterator->value()))) break;
  }
  return ReadStatus(iterator->status());
}

absl::StatusOr<std::string> Database::FirstKey(Family family) const {
  return EdgeKey(family, /*last=*/false);
}

absl::StatusOr<std::string> Database::LastKey(Family family) const {
  return EdgeKey(family, /*last=*/true);
}

absl::StatusOr<std::string> Database::EdgeKey(Family family, bool last) const {
  absl::ReaderMutexLock lock(&mutex_);
  if (instance_ == nullptr) return NotOpen();
  const std::unique_ptr<rocksdb::Iterator> iterator(
      instance_->db->NewIterator(rocksdb::ReadOptions(), (*instance_)[family]));
  if (last) {
    iterator->SeekToLast();
  } else {
    iterator->SeekToFirst();
  }
  RETURN_IF_ERROR(ReadStatus(iterator->status()));
  if (!iterator->Valid()) return std::string();
  return std::string(FromSlice(iterator->key()));
}

absl::Status Database::BackUp(const std::string& folder) const {
  absl::ReaderMutexLock lock(&mutex_);
  if (instance_ == nullptr) return NotOpen();
  rocksdb::Checkpoint* checkpoint = nullptr;
  RETURN_IF_ERROR(FromRocksDb(rocksdb::Checkpoint::Create(instance_->db.get(), &checkpoint)));
  const std::unique_ptr<rocksdb::Checkpoint> owned(checkpoint);
  return FromRocksDb(checkpoint->CreateCheckpoint(folder));
}

absl::Status Database::VerifyChecksums() const {
  absl::ReaderMutexLock lock(&mutex_);
  if (instance_ == nullptr) return NotOpen();
  return FromRocksDb(instance_->db->VerifyChecksum(rocksdb::ReadOptions()));
}

absl::Status Database::Recover() {
  // As long as the disk is not well, the database stays open for those who read.
  RETURN_IF_ERROR(ProbeDisk(*env(), options_.path));
  absl::MutexLock lock(&mutex_);
  instance_ = nullptr;
  const absl::Status opened = OpenInstance(/*read_only=*/false);
  if (!opened.ok()) OpenInstance(/*read_only=*/true).IgnoreError();
  return opened;
}

}  // namespace mailstrom::storage
