#include "storage/rocksdb_tuning.h"

#include <algorithm>
#include <utility>

#include "rocksdb/filter_policy.h"
#include "rocksdb/table.h"
#include "rocksdb/utilities/table_properties_collectors.h"

namespace mailstrom::storage {
namespace {

constexpr size_t kMebibyte = size_t{1} << 20;

// Only ever read in order, where a filter cannot help.
bool IsReadInOrder(Family family) {
  switch (family) {
    case Family::kDue:
    case Family::kEvents:
    case Family::kByTime:
    case Family::kByTag:
    case Family::kByRecipient:
    case Family::kDialogues:
      return true;
    default:
      return false;
  }
}

rocksdb::BlockBasedTableOptions TableOptions(Family family,
                                             std::shared_ptr<rocksdb::Cache> block_cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = std::move(block_cache);
  // Indexes and filters grow with the queue; in the cache, their memory is bounded by its size.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  if (IsReadInOrder(family)) {
    table.block_size = 16 * 1024;
    return table;
  }
  // A record read by its key brings in a block of others, which costs reading, checking and
  // unpacking it, and room in the cache.
  table.block_size = 4 * 1024;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.whole_key_filtering = true;
  return table;
}

void TuneContents(rocksdb::ColumnFamilyOptions& options) {
  // Bodies go into blob files, so that compaction moves their addresses and not their bytes. Below
  // this size the indirection costs more than it saves.
  options.enable_blob_files = true;
  options.min_blob_size = 1024;
  options.blob_file_size = 256 * kMebibyte;
  options.blob_compression_type = rocksdb::kLZ4Compression;
  // Emails settle mostly in the order of their arrival, so old blob files empty out as a whole;
  // the few that live long are moved once their file is half garbage.
  options.enable_blob_garbage_collection = true;
  options.blob_garbage_collection_age_cutoff = 0.25;
  options.blob_garbage_collection_force_threshold = 0.5;
}

void TuneDue(rocksdb::ColumnFamilyOptions& options) {
  // A queue leaves its deletions at the head, where every reader would step over them. Files full
  // of them are compacted early.
  options.table_properties_collector_factories.push_back(
      rocksdb::NewCompactOnDeletionCollectorFactory(/*sliding_window_size=*/4096,
                                                    /*deletion_trigger=*/2048,
                                                    /*deletion_ratio=*/0.5));
}

}  // namespace

rocksdb::DBOptions TunedDbOptions(size_t write_buffer_bytes) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  // A loss of power may leave the last, unsynced commits torn anywhere, for pages reach the disk in
  // any order. Replay stops at the first damage: all that was synced lies before it, and nobody
  // was told of the rest. (The stricter modes would refuse to open because of a commit that never
  // was acknowledged.) The manifest tells the sizes of synced logs, so a log that lost more than
  // that is found out.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.track_and_verify_wals_in_manifest = true;
  // All families are flushed together. Flushed one by one, some would be ahead of a log whose end
  // was torn by a failed write, and RocksDB could not tell which of the two is right.
  options.atomic_flush = true;
  // Bounds the replay after a crash and, with it, the time to open: the families fill at different
  // speeds, and a log is kept until the slowest one is flushed.
  options.max_total_wal_size = 4 * write_buffer_bytes;
  // One bound for the memtables of all families together.
  options.db_write_buffer_size = write_buffer_bytes;
  options.max_background_jobs = 2;
  // Hands dirty pages to the disk as files grow, so that a sync of the log does not wait behind
  // hundreds of megabytes of a flush or a compaction.
  options.bytes_per_sync = kMebibyte;
  // A handle costs memory whether it is used or not.
  options.max_open_files = 512;
  // Only one thread writes.
  options.allow_concurrent_memtable_write = false;
  // Reading properties of every file would make opening slower the longer the queue is.
  options.skip_stats_update_on_db_open = true;
  options.stats_dump_period_sec = 0;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.keep_log_file_num = 4;
  options.max_log_file_size = 16 * kMebibyte;
  // Reads go through the page cache, not directly to the disk: a message is read once, soon after
  // it was written.
  options.use_direct_reads = false;
  return options;
}

rocksdb::ColumnFamilyOptions TunedFamilyOptions(Family family, size_t write_buffer_bytes,
                                                std::shared_ptr<rocksdb::Cache> block_cache) {
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(
      rocksdb::NewBlockBasedTableFactory(TableOptions(family, std::move(block_cache))));
  // An email that is delivered at once is written and dropped within one memtable, and its content
  // and due key never reach a file. The more fits in, the more often that is so; the bound for
  // all families is the one above.
  options.write_buffer_size = write_buffer_bytes;
  // What memtables take at a time. All families together must not use up that bound with their
  // first blocks.
  options.arena_block_size = std::min(write_buffer_bytes / (8 * kFamilyCount), kMebibyte);
  options.compression = rocksdb::kLZ4Compression;
  // What is read by its key is unpacked by the block: LZ4 takes a fraction of ZSTD's time for it.
  options.bottommost_compression =
      IsReadInOrder(family) ? rocksdb::kZSTD : rocksdb::kLZ4Compression;
  // Look-ups of single records need not search the memtable's skip list when they are not there.
  if (!IsReadInOrder(family)) {
    options.memtable_prefix_bloom_size_ratio = 0.02;
    options.memtable_whole_key_filtering = true;
  }
  if (family == Family::kContents) TuneContents(options);
  if (family == Family::kDue) TuneDue(options);
  // Files that nothing else rewrites are still rid of the keys that expire in them.
  if (family == Family::kRequestKeys) options.periodic_compaction_seconds = 24 * 60 * 60;
  return options;
}

}  // namespace mailstrom::storage
