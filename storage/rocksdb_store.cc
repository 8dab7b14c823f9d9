#include "storage/rocksdb_store.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/random_source.h"
#include "base/status_macros.h"
#include "storage/cancelled_emails.h"
#include "storage/damage_log.h"
#include "storage/database.h"
#include "storage/due_claimer.h"
#include "storage/due_queue.h"
#include "storage/email_lister.h"
#include "storage/event_tail.h"
#include "storage/fresh_emails.h"
#include "storage/group_committer.h"
#include "storage/listener_list.h"
#include "storage/migration.h"
#include "storage/oldest_email.h"
#include "storage/queue_lister.h"
#include "storage/queue_writer.h"
#include "storage/record_codec.h"
#include "storage/record_reader.h"
#include "storage/recovery_probe.h"
#include "storage/retention.h"
#include "storage/worker_pool.h"

namespace mailstrom::storage {
namespace {

absl::StatusOr<std::vector<StandingOrder>> ReadOrders(const Database& database, DamageLog& damage) {
  std::vector<StandingOrder> orders;
  RETURN_IF_ERROR(database.Scan(Family::kMeta, kOrderPrefix, OrdersEnd(),
                                [&](absl::string_view key, absl::string_view value) {
                                  absl::StatusOr<StandingOrder> order = DecodeOrder(value);
                                  damage.Report(Family::kMeta, key, order.status());
                                  if (order.ok()) orders.push_back(*std::move(order));
                                  return true;
                                }));
  return orders;
}

// Commits `prepare`, which gives a T, and answers with that.
template <typename T>
GroupCommitter::Commit CommitOf(size_t size_bytes, absl::AnyInvocable<absl::StatusOr<T>()> prepare,
                                Store::Done<T> done) {
  auto result = std::make_shared<T>();
  return {size_bytes,
          [prepare = std::move(prepare), result]() mutable {
            ASSIGN_OR_RETURN(*result, prepare());
            return absl::OkStatus();
          },
          [result, done = std::move(done)](const absl::Status& status) mutable {
            if (status.ok()) return done(std::move(*result));
            done(status);
          }};
}

// Calls only hand over: writes to the committer's thread, claims to a thread of their own, reads to
// a pool.
class RocksDbStore final : public EmbeddedStore {
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
  void Hold(std::vector<Claim> claims, absl::Time due_time,
            absl::AnyInvocable<void(absl::Status)> done) override;
  void Cancel(std::string email_id, absl::Time now, Done<Email> done) override;
  void ReadEmail(std::string email_id, Done<Email> done) override;
  void ReadContent(std::string email_id, Done<std::shared_ptr<const std::string>> done) override;
  std::shared_ptr<const std::string> ContentAtHand(const std::string& email_id) const override {
    return fresh_.FindContent(email_id);
  }
  void ReadEvents(int64_t after, int max_events, Done<EventBatch> done) override;
  void ListEmails(ListQuery query, Done<ListPage> done) override;
  void ReadDialogues(std::string email_id, Done<std::vector<Dialogue>> done) override;
  void ListQueue(QueueQuery query, Done<QueuePage> done) override;
  void SummarizeQueue(int max_domains, Done<QueueSummary> done) override;
  void ChangeQueued(std::vector<RecipientId> recipients, QueueChange change, absl::Time now,
                    Done<ChangedCounts> done) override;
  void PutOrder(StandingOrder order, absl::AnyInvocable<void(absl::Status)> done) override;
  void DropOrder(StandingOrder order, absl::AnyInvocable<void(absl::Status)> done) override;
  void ListOrders(Done<std::vector<StandingOrder>> done) override;
  void ListDamaged(int max_records, Done<DamagedRecords> done) override;

  absl::Status BackUp(const std::string& folder) override { return database_->BackUp(folder); }
  absl::StatusOr<absl::Time> OldestQueued() override { return oldest_.AcceptTime(); }
  const WriteTimes& write_times() const override { return database_->write_times(); }
  const StoreFailures& failures() const override { return database_->failures(); }
  StoreMemory memory() const override { return database_->memory(); }

  QueueTotals Totals() const override { return writer_.totals(); }
  absl::Status Health() const override { return writer_.health(); }
  int64_t LastSequence() const override { return writer_.last_sequence(); }
  std::string LogId() const override { return database_->log_id(); }
  void AddListener(StoreListener* listener) override { listeners_.Add(listener); }
  void RemoveListener(StoreListener* listener) override { listeners_.Remove(listener); }

 private:
  // Commits something that nobody waits for.
  void Put(absl::AnyInvocable<absl::Status()> prepare);
  // Gives up recipients that were claimed and are cancelled, then runs `done`.
  void GiveUp(std::vector<Claim> claims, absl::AnyInvocable<void()> done);
  DueClaimer::Hooks ClaimerHooks();

  void Sweep(absl::AnyInvocable<void(bool)> swept);

  const Failpoints failpoints_;
  const std::unique_ptr<Database> database_;
  const SystemClock system_clock_;
  Retention retention_;
  ListenerList listeners_;
  DueQueue due_queue_;
  CancelledEmails cancelled_;
  FreshEmails fresh_;
  EventTail tail_;
  DamageLog damage_;
  RecordReader reader_;
  EmailLister lister_;
  QueueLister queue_lister_;
  OldestEmail oldest_{*database_, reader_};
  QueueWriter writer_;
  DueClaimer claimer_;

  // Threads last, so that they end before what they work on: those that read first, for they may
  // still hand something to the committer.
  GroupCommitter committer_;
  WorkerPool claim_thread_;
  WorkerPool read_threads_;
  RecoveryProbe probe_;
  RecoveryProbe sweeper_;
};

RocksDbStore::RocksDbStore(const RocksDbStoreOptions& options, std::unique_ptr<Database> database,
                           RandomSource& random)
    : failpoints_(options.failpoints),
      database_(std::move(database)),
      retention_(*database_, options.clock != nullptr ? *options.clock : system_clock_,
                 options.retention),
      due_queue_(std::max<size_t>(options.due_window_entries, 16), random.Next()),
      fresh_(options.fresh_bytes),
      tail_(options.recent_events),
      damage_(*database_,
              [this](const std::string& key, const std::string& value) {
                Put([this, key, value] { return writer_.MarkDamaged(key, value); });
              }),
      reader_(*database_, tail_, retention_, damage_),
      lister_(*database_, reader_, damage_, options.max_list_reads),
      queue_lister_(*database_, damage_, options.max_list_reads),
      writer_(*database_, reader_, retention_, due_queue_, cancelled_, fresh_, tail_, listeners_,
              damage_, options.limits, failpoints_),
      claimer_(*database_, due_queue_, cancelled_, fresh_, damage_,
               std::max<size_t>(options.due_window_entries / 2, 8), ClaimerHooks()),
      committer_(writer_, options.max_group_bytes),
      claim_thread_(1),
      read_threads_(std::max(options.reader_threads, 1)),
      probe_(
          options.recovery_interval, [this] { return !writer_.health().ok(); },
          // A group begins by recovering what it needs.
          [this](absl::AnyInvocable<void(bool)> tried) {
            committer_.Add({0, [] { return absl::OkStatus(); },
                            [tried = std::move(tried)](absl::Status) mutable { tried(false); }});
          }),
      sweeper_(
          options.retention_interval, [this] { return writer_.health().ok(); },
          [this](absl::AnyInvocable<void(bool)> swept) { Sweep(std::move(swept)); }) {}

void RocksDbStore::Sweep(absl::AnyInvocable<void(bool)> swept) {
  absl::StatusOr<std::optional<ExpiredRun>> run = retention_.NextRun();
  if (!run.ok()) {
    LogWarning("retention put off", {{"reason", std::string(run.status().message())}});
  }
  if (!run.ok() || !run->has_value()) return swept(false);
  failpoints_.Reach(Failpoint::kExpiryFound);
  committer_.Add({0, [this, run = **std::move(run)] { return writer_.Expire(run); },
                  [swept = std::move(swept)](absl::Status status) mutable { swept(status.ok()); }});
}

DueClaimer::Hooks RocksDbStore::ClaimerHooks() {
  DueClaimer::Hooks hooks;
  hooks.drop_stale = [this](const DueKey& key) {
    Put([this, key] { return writer_.DropStale(key); });
  };
  hooks.cancel_again = [this](const std::string& email_id) {
    const std::optional<absl::Time> time = cancelled_.TimeOf(email_id);
    if (time.has_value()) Cancel(email_id, *time, [](const absl::StatusOr<Email>&) {});
  };
  return hooks;
}

void RocksDbStore::Put(absl::AnyInvocable<absl::Status()> prepare) {
  committer_.Add({64, std::move(prepare), [](const absl::Status& status) {
                    // It is found, and put down, another time.
                    if (status.ok()) return;
                    LogWarning("repair put off", {{"reason", std::string(status.message())}});
                  }});
}

void RocksDbStore::Accept(AcceptRequest request, Done<Accepted> done) {
  const size_t size_bytes = request.content.size() + 512 * (1 + request.email.recipients.size());
  std::optional<RequestKey> key = request.key;
  GroupCommitter::Commit commit = CommitOf<Accepted>(
      size_bytes,
      [this, request = std::move(request)]() mutable { return writer_.Accept(request); },
      std::move(done));
  commit.lane = Lane::kAcceptance;
  if (key.has_value()) commit.fits = [this, key = *std::move(key)] { return writer_.Fits(key); };
  committer_.Add(std::move(commit));
}

void RocksDbStore::Cancel(std::string email_id, absl::Time now, Done<Email> done) {
  GroupCommitter::Commit commit = CommitOf<Email>(
      1024, [this, email_id, now] { return writer_.Cancel(email_id, now); }, std::move(done));
  commit.fits = [this, email_id = std::move(email_id)] { return writer_.Fits(email_id); };
  committer_.Add(std::move(commit));
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

void RocksDbStore::Hold(std::vector<Claim> claims, absl::Time due_time,
                        absl::AnyInvocable<void(absl::Status)> done) {
  const size_t size_bytes = 512 * claims.size();
  committer_.Add({size_bytes,
                  [this, claims = std::move(claims), due_time] {
                    return writer_.Release(claims, due_time, /*hold=*/true);
                  },
                  std::move(done)});
}

void RocksDbStore::ChangeQueued(std::vector<RecipientId> recipients, QueueChange change,
                                absl::Time now, Done<ChangedCounts> done) {
  const size_t size_bytes = 1024 * recipients.size();
  GroupCommitter::Commit commit = CommitOf<ChangedCounts>(
      size_bytes,
      [this, recipients, change, now] { return writer_.ChangeQueued(recipients, change, now); },
      std::move(done));
  commit.fits = [this, recipients = std::move(recipients)] { return writer_.Fits(recipients); };
  committer_.Add(std::move(commit));
}

void RocksDbStore::PutOrder(StandingOrder order, absl::AnyInvocable<void(absl::Status)> done) {
  committer_.Add(
      {512, [this, order = std::move(order)] { return writer_.PutOrder(order); }, std::move(done)});
}

void RocksDbStore::DropOrder(StandingOrder order, absl::AnyInvocable<void(absl::Status)> done) {
  committer_.Add({512, [this, order = std::move(order)] { return writer_.DropOrder(order); },
                  std::move(done)});
}

void RocksDbStore::ListOrders(Done<std::vector<StandingOrder>> done) {
  read_threads_.Post(
      [this, done = std::move(done)]() mutable { done(ReadOrders(*database_, damage_)); });
}

void RocksDbStore::ListQueue(QueueQuery query, Done<QueuePage> done) {
  read_threads_.Post([this, query = std::move(query), done = std::move(done)]() mutable {
    done(queue_lister_.ListQueue(query));
  });
}

void RocksDbStore::SummarizeQueue(int max_domains, Done<QueueSummary> done) {
  read_threads_.Post([this, max_domains, done = std::move(done)]() mutable {
    done(queue_lister_.SummarizeQueue(max_domains));
  });
}

void RocksDbStore::ClaimDue(absl::Time now, int max_recipients, Done<DueWork> done) {
  claim_thread_.Post([this, now, max_recipients, done = std::move(done)]() mutable {
    absl::StatusOr<DueClaimer::Claimed> claimed = claimer_.ClaimDue(now, max_recipients);
    if (!claimed.ok()) return done(claimed.status());
    failpoints_.Reach(Failpoint::kClaimsTaken);
    if (claimed->cancelled.empty()) return done(std::move(claimed->work));
    GiveUp(std::move(claimed->cancelled),
           [work = std::move(claimed->work), done = std::move(done)]() mutable {
             done(std::move(work));
           });
  });
}

void RocksDbStore::GiveUp(std::vector<Claim> claims, absl::AnyInvocable<void()> done) {
  committer_.Add({512 * claims.size(),
                  [this, claims] { return writer_.Release(claims, absl::InfinitePast()); },
                  [this, claims, done = std::move(done)](const absl::Status& status) mutable {
                    if (!status.ok()) {
                      // They are found again.
                      for (const Claim& claim : claims)
                        due_queue_.Requeue(claim, ToNanos(claim.due_time));
                    }
                    done();
                  }});
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

void RocksDbStore::ListEmails(ListQuery query, Done<ListPage> done) {
  read_threads_.Post([this, query = std::move(query), done = std::move(done)]() mutable {
    done(lister_.ListEmails(query));
  });
}

void RocksDbStore::ReadDialogues(std::string email_id, Done<std::vector<Dialogue>> done) {
  read_threads_.Post([this, email_id = std::move(email_id), done = std::move(done)]() mutable {
    done(reader_.ReadDialogues(email_id));
  });
}

void RocksDbStore::ListDamaged(int max_records, Done<DamagedRecords> done) {
  read_threads_.Post(
      [this, max_records, done = std::move(done)]() mutable { done(damage_.List(max_records)); });
}

}  // namespace

absl::StatusOr<std::unique_ptr<EmbeddedStore>> OpenRocksDbStore(RocksDbStoreOptions options) {
  SystemRandomSource random;
  DatabaseOptions database_options;
  database_options.path = options.path;
  database_options.block_cache_bytes = options.block_cache_bytes;
  database_options.write_buffer_bytes = options.write_buffer_bytes;
  database_options.env = options.env;
  database_options.clock = options.clock;
  database_options.failpoints = options.failpoints;
  ASSIGN_OR_RETURN(std::unique_ptr<Database> database,
                   Database::Open(std::move(database_options), random));
  RETURN_IF_ERROR(Migrate(*database));
  auto store = std::make_unique<RocksDbStore>(options, std::move(database), random);
  RETURN_IF_ERROR(store->Init());
  return std::unique_ptr<EmbeddedStore>(std::move(store));
}

}  // namespace mailstrom::storage
