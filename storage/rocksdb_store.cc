#include "storage/rocksdb_store.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/random_source.h"
#include "base/status_macros.h"
#include "storage/database.h"
#include "storage/due_claimer.h"
#include "storage/due_queue.h"
#include "storage/event_tail.h"
#include "storage/group_committer.h"
#include "storage/listener_list.h"
#include "storage/queue_writer.h"
#include "storage/record_codec.h"
#include "storage/record_reader.h"
#include "storage/worker_pool.h"

namespace mailstrom::storage {
namespace {

// Calls only hand over: writes to the committer's thread, claims to a thread of their own, reads to
// a pool.
class RocksDbStore final : public Store {
 public:
  RocksDbStore(const RocksDbStoreOptions& options, std::unique_ptr<Database> database,
               RandomSource& random);

  absl::Status Init() { return writer_.Init(); }

  void Accept(AcceptRequest request, Done<Accepted> done) override;
  void ClaimDue(absl::Time now, int max_recipients, Done<DueWork> done) override;
  void RecordOutcomes(std::vector<Outcome> outcomes,
                      absl::AnyInvocable<void(absl::Status)> done) override;
  void Release(std::vector<Claim> claims, absl::Time due_time,
               absl::AnyInvocable<void(absl::Status)> done) override;
  void Cancel(std::string email_id, absl::Time now, Done<Email> done) override;
  void ReadEmail(std::string email_id, Done<Email> done) override;
  void ReadContent(std::string email_id, Done<std::shared_ptr<const std::string>> done) override;
  void ReadEvents(int64_t after, int max_events, Done<EventBatch> done) override;
  void ListEmails(ListQuery query, Done<ListPage> done) override;
  void ReadDialogues(std::string email_id, Done<std::vector<Dialogue>> done) override;
  void ListDamaged(int max_records, Done<DamagedRecords> done) override;

  QueueTotals Totals() const override { return {}; }
  absl::Status Health() const override { return absl::OkStatus(); }
  int64_t LastSequence() const override { return writer_.last_sequence(); }
  std::string LogId() const override { return database_->log_id(); }
  void AddListener(StoreListener* listener) override { listeners_.Add(listener); }
  void RemoveListener(StoreListener* listener) override { listeners_.Remove(listener); }

 private:
  void DropStale(const DueKey& key);

  const std::unique_ptr<Database> database_;
  ListenerList listeners_;
  DueQueue due_queue_;
  EventTail tail_;
  QueueWriter writer_;
  DueClaimer claimer_;
  RecordReader reader_;

  // Threads last, so that they end before what they work on: those that read first, for they may
  // still hand something to the committer.
  GroupCommitter committer_;
  WorkerPool claim_thread_;
  WorkerPool read_threads_;
};

RocksDbStore::RocksDbStore(const RocksDbStoreOptions& options, std::unique_ptr<Database> database,
                           RandomSource& random)
    : database_(std::move(database)),
      due_queue_(std::max<size_t>(options.due_window_entries, 16), random.Next()),
      tail_(options.recent_events),
      writer_(*database_, due_queue_, tail_, listeners_),
      claimer_(*database_, due_queue_, std::max<size_t>(options.due_window_entries / 2, 8),
               [this](const DueKey& key) { DropStale(key); }),
      reader_(*database_, tail_),
      committer_(writer_, options.max_group_bytes),
      claim_thread_(1),
      read_threads_(std::max(options.reader_threads, 1)) {}

void RocksDbStore::Accept(AcceptRequest request, Done<Accepted> done) {
  const size_t size_bytes = request.content.size() + 512 * (1 + request.email.recipients.size());
  auto accepted = std::make_shared<Accepted>();
  committer_.Add({size_bytes,
                  [this, request = std::move(request), accepted]() mutable {
                    RETURN_IF_ERROR(writer_.Accept(request.email, request.content));
                    accepted->email = std::move(request.email);
                    return absl::OkStatus();
                  },
                  [accepted, done = std::move(done)](const absl::Status& status) mutable {
                    if (status.ok()) return done(std::move(*accepted));
                    done(status);
                  }});
}

void RocksDbStore::RecordOutcomes(std::vector<Outcome> outcomes,
                                  absl::AnyInvocable<void(absl::Status)> done) {
  const size_t size_bytes = 1024 * outcomes.size();
  committer_.Add({size_bytes,
                  [this, outcomes = std::move(outcomes)]() mutable {
                    return writer_.RecordOutcomes(outcomes);
                  },
                  std::move(done)});
}

void RocksDbStore::Release(std::vector<Claim> claims, absl::Time due_time,
                           absl::AnyInvocable<void(absl::Status)> done) {
  const size_t size_bytes = 512 * claims.size();
  committer_.Add(
      {size_bytes,
       [this, claims = std::move(claims), due_time] { return writer_.Release(claims, due_time); },
       std::move(done)});
}

void RocksDbStore::DropStale(const DueKey& key) {
  committer_.Add({64, [this, key] { return writer_.DropStale(key); },
                  [](const absl::Status& status) {
                    // It is found, and dropped, another time.
                    if (!status.ok()) {
                      LogWarning("stale due key kept", {{"reason", status.message()}});
                    }
                  }});
}

void RocksDbStore::ClaimDue(absl::Time now, int max_recipients, Done<DueWork> done) {
  claim_thread_.Post([this, now, max_recipients, done = std::move(done)]() mutable {
    done(claimer_.ClaimDue(now, max_recipients));
  });
}

void RocksDbStore::ReadEmail(std::string email_id, Done<Email> done) {
  read_threads_.Post([this, email_id = std::move(email_id), done = std::move(done)]() mutable {
    done(reader_.ReadEmail(email_id));
  });
}

void RocksDbStore::ReadContent(std::string email_id,
                               Done<std::shared_ptr<const std::string>> done) {
  read_threads_.Post([this, email_id = std::move(email_id), done = std::move(done)]() mutable {
    done(reader_.ReadContent(email_id));
  });
}

void RocksDbStore::ReadEvents(int64_t after, int max_events, Done<EventBatch> done) {
  read_threads_.Post([this, after, max_events, done = std::move(done)]() mutable {
    done(reader_.ReadEvents(after, max_events, writer_.last_sequence()));
  });
}

void RocksDbStore::Cancel(std::string email_id, absl::Time now, Done<Email> done) {
  read_threads_.Post(
      [done = std::move(done)]() mutable { done(absl::UnimplementedError("cannot cancel")); });
}

void RocksDbStore::ListEmails(ListQuery query, Done<ListPage> done) {
  read_threads_.Post(
      [done = std::move(done)]() mutable { done(absl::UnimplementedError("cannot list")); });
}

void RocksDbStore::ReadDialogues(std::string email_id, Done<std::vector<Dialogue>> done) {
  read_threads_.Post([done = std::move(done)]() mutable { done(std::vector<Dialogue>()); });
}

void RocksDbStore::ListDamaged(int max_records, Done<DamagedRecords> done) {
  read_threads_.Post([done = std::move(done)]() mutable { done(DamagedRecords()); });
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenRocksDbStore(RocksDbStoreOptions options) {
  SystemRandomSource random;
  DatabaseOptions database_options;
  database_options.path = options.path;
  database_options.block_cache_bytes = options.block_cache_bytes;
  database_options.write_buffer_bytes = options.write_buffer_bytes;
  database_options.env = options.env;
  ASSIGN_OR_RETURN(std::unique_ptr<Database> database,
                   Database::Open(std::move(database_options), random));
  auto store = std::make_unique<RocksDbStore>(options, std::move(database), random);
  RETURN_IF_ERROR(store->Init());
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace mailstrom::storage
