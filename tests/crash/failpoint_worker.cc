// Works on a store that keeps things for a short time, and kills itself at a failpoint. On standard
// output it says what it does and what it was told, a line each:
//   time SECONDS             the clock moves on to so long after the start of all time
//   accepting ID             an email is handed over
//   accepted ID RECIPIENTS   and acknowledged
//   handed ID INDEX          a recipient's mail server has the message
//   recorded ID INDEX STATE  an outcome is acknowledged, or that an operator gave the recipient up;
//                            STATE as the number of RecipientState
//   cancelled ID             a cancellation is
//   events NUMBER            a listener was told of events up to here
//   reached NAME COUNT       at the end: how often a failpoint was
//   done
//
// Usage: failpoint_worker PATH NAME SEED SECONDS ROUNDS POINT OCCURRENCE
// NAME: begins the ids of emails; one that sorts after those of earlier workers on PATH. SECONDS:
// where the clock stands. ROUNDS: of accepting, attempting and waiting; with 0, all that is there
// is delivered and kept to the end of its retention, instead. POINT, OCCURRENCE: number of the
// failpoint, and which time that it is reached is the end; never, when that is 0.

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "storage/blocking_store.h"
#include "storage/database.h"
#include "storage/failpoint.h"
#include "storage/rocksdb_store.h"
#include "storage/schema.h"
#include "storage/test_emails.h"
#include "tests/crash/failpoint_ledger.h"
#include "tests/fakes/deterministic_random.h"
#include "tests/fakes/fake_clock.h"

namespace mailstrom::storage {
namespace {

constexpr int kEmailsPerRound = 6;
constexpr absl::Duration kRoundTime = absl::Minutes(20);

// One write, so that a line is there whole or not at all.
void Say(const std::string& line) {
  const std::string text = absl::StrCat(line, "\n");
  if (write(STDOUT_FILENO, text.data(), text.size()) < 0) _exit(3);
}

// Says what contradicts the store's contract, and ends.
[[noreturn]] void Complain(absl::string_view what) {
  std::fprintf(stderr, "%s\n", std::string(what).c_str());
  _exit(4);
}

// Counts failpoints, and ends the process at one.
class Killer final : public FailpointObserver {
 public:
  Killer(int point, int64_t occurrence) : point_(point), occurrence_(occurrence) {}

  void OnFailpoint(Failpoint point) override {
    const int number = static_cast<int>(point);
    if (++counts_[number] == occurrence_ && number == point_) kill(getpid(), SIGKILL);
  }
  int64_t count(int point) const { return counts_[point]; }

 private:
  const int point_;
  const int64_t occurrence_;
  std::array<std::atomic<int64_t>, kFailpointCount> counts_{};
};

class EventListener final : public StoreListener {
 public:
  void OnDue(absl::Time) override {}
  void OnEvents(int64_t last_sequence) override { Say(absl::StrCat("events ", last_sequence)); }
};

class Worker {
 public:
  Worker(Store& store, FakeClock& clock, std::string name, uint64_t seed)
      : store_(store), blocking_(store), clock_(clock), name_(std::move(name)), random_(seed) {}

  void WorkRounds(int rounds) {
    for (int round = 0; round < rounds; ++round) {
      AcceptSome(round);
      AskAgain();
      CancelOne();
      while (AttemptSome(/*deliver_all=*/false)) continue;
      ChangeDeferred();
      Wait();
    }
  }

  void DeliverAll() {
    while (store_.Totals().recipients > 0) {
      while (AttemptSome(/*deliver_all=*/true)) continue;
      Wait();
    }
  }

  void Wait(absl::Duration duration = kRoundTime) {
    // Said first: what is forgotten because of it must not come as a surprise.
    Say(absl::StrCat("time ", absl::ToInt64Seconds(clock_.Now() + duration - kTestStart)));
    clock_.Advance(duration);
  }

 private:
  int Draw(int below) { return static_cast<int>(random_.Next() % below); }

  AcceptRequest Request(const std::string& id) {
    AcceptRequest request;
    request.email = TestEmail(id, 1 + Draw(3), clock_.Now());
    request.email.record.accept_time = clock_.Now();
    request.content = std::string(100 + Draw(16000), 'c');
    request.key = LedgerKey(id, clock_.Now());
    return request;
  }

  // All at once, so that they share groups.
  void AcceptSome(int round) {
    absl::BlockingCounter answers(kEmailsPerRound);
    for (int i = 0; i < kEmailsPerRound; ++i) {
      const std::string id = absl::StrCat(name_, "-", absl::Dec(round, absl::kZeroPad4), "-", i);
      Say(absl::StrCat("accepting ", id));
      AcceptRequest request = Request(id);
      last_id_ = id;
      const size_t recipients = request.email.recipients.size();
      // What an answer says counts from the moment at which it is given.
      store_.Accept(std::move(request),
                    [&answers, id, recipients](const absl::StatusOr<Accepted>& accepted) {
                      if (!accepted.ok()) Complain(accepted.status().ToString());
                      Say(absl::StrCat("accepted ", id, " ", recipients));
                      answers.DecrementCount();
                    });
    }
    answers.Wait();
  }

  void AskAgain() {
    AcceptRequest again = Request(last_id_);
    again.email.record.email_id = absl::StrCat(last_id_, "-again");
    const absl::StatusOr<Accepted> accepted = blocking_.Accept(again);
    if (!accepted.ok() || !accepted->replayed) Complain("a request was not known again");
  }

  void CancelOne() {
    absl::Notification answered;
    store_.Cancel(last_id_, clock_.Now(), [&](const absl::StatusOr<Email>& email) {
      if (!email.ok()) Complain(email.status().ToString());
      Say(absl::StrCat("cancelled ", last_id_));
      answered.Notify();
    });
    answered.WaitForNotification();
  }

  // As an operator does: gives up one of the recipients that were deferred, and makes the others
  // due.
  void ChangeDeferred() {
    std::vector<RecipientId> rest = std::exchange(deferred_, {});
    if (rest.empty()) return;
    const RecipientId given_up = rest.back();
    rest.pop_back();
    Change({given_up}, QueueChange::kCancel,
           absl::StrCat("recorded ", given_up.email_id, " ", given_up.recipient_index, " ",
                        static_cast<int>(RecipientState::kFailed)));
    Change(std::move(rest), QueueChange::kMakeDue, "");
  }

  // Says `line` once all of it is acknowledged.
  void Change(std::vector<RecipientId> recipients, QueueChange change, const std::string& line) {
    const auto wanted = static_cast<int>(recipients.size());
    absl::Notification answered;
    store_.ChangeQueued(std::move(recipients), change, clock_.Now(),
                        [&](const absl::StatusOr<ChangedCounts>& counts) {
                          if (!counts.ok()) Complain(counts.status().ToString());
                          if (counts->changed != wanted) Complain("not all that waits was changed");
                          if (!line.empty()) Say(line);
                          answered.Notify();
                        });
    answered.WaitForNotification();
  }

  // False: nothing is due.
  bool AttemptSome(bool deliver_all) {
    const absl::StatusOr<DueWork> work = blocking_.ClaimDue(clock_.Now(), 1 + Draw(6));
    if (!work.ok()) Complain(work.status().ToString());
    const std::vector<ClaimedRecipient> claimed = AllOf(*work);
    std::vector<Outcome> outcomes;
    std::vector<Claim> released;
    for (const ClaimedRecipient& recipient : claimed) {
      switch (deliver_all ? 9 : Draw(10)) {
        case 0:
          released.push_back(recipient.claim);
          break;
        case 1:
          outcomes.push_back(Failed(recipient));
          break;
        case 2:
        case 3:
          outcomes.push_back(Deferred(recipient, clock_.Now() + kRoundTime / 2));
          deferred_.push_back({recipient.claim.email_id, recipient.claim.recipient_index});
          break;
        default:
          Say(absl::StrCat("handed ", recipient.claim.email_id, " ",
                           recipient.claim.recipient_index));
          outcomes.push_back(Delivered(recipient));
      }
    }
    Record(std::move(outcomes));
    Release(std::move(released));
    return !claimed.empty();
  }

  void Record(std::vector<Outcome> outcomes) {
    if (outcomes.empty()) return;
    std::string lines;
    for (Outcome& outcome : outcomes) {
      outcome.event_time = clock_.Now();
      outcome.dialogue = std::make_shared<const std::string>("220 said");
      absl::StrAppend(&lines, lines.empty() ? "" : "\n", "recorded ", outcome.claim.email_id, " ",
                      outcome.claim.recipient_index, " ", static_cast<int>(outcome.after.state));
    }
    absl::Notification answered;
    store_.RecordOutcomes(std::move(outcomes), [&](const absl::Status& status) {
      if (!status.ok()) Complain(status.ToString());
      Say(lines);
      answered.Notify();
    });
    answered.WaitForNotification();
  }

  void Release(std::vector<Claim> claims) {
    if (claims.empty()) return;
    const absl::Status status = blocking_.Release(std::move(claims), clock_.Now() + kRoundTime / 2);
    if (!status.ok()) Complain(status.ToString());
  }

  Store& store_;
  BlockingStore blocking_;
  FakeClock& clock_;
  const std::string name_;
  DeterministicRandom random_;
  std::string last_id_;
  // In this round.
  std::vector<RecipientId> deferred_;
};

// Waits until nothing of any email is on the disk.
void AwaitSweep(const std::string& path) {
  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  for (const Family family :
       {Family::kEmails, Family::kContents, Family::kRecipients, Family::kDue, Family::kEvents,
        Family::kDialogues, Family::kCancelled, Family::kByTime, Family::kByTag,
        Family::kByRecipient, Family::kDamaged}) {
    while (true) {
      // Fails when the store removes a file in this very moment.
      const auto database = Database::OpenForReading({.path = path});
      if (database.ok() && (*database)->FirstKey(family).value_or("?").empty()) break;
      if (absl::Now() > deadline) Complain(absl::StrCat("never swept: ", FamilyName(family)));
      absl::SleepFor(absl::Milliseconds(20));
    }
  }
}

int Run(const std::string& path, const std::string& name, uint64_t seed, int64_t seconds,
        int rounds, Killer& killer) {
  FakeClock clock(kTestStart + absl::Seconds(seconds));
  RocksDbStoreOptions options = LedgerStoreOptions(path, clock);
  options.retention_interval = absl::Milliseconds(1);
  // Small enough for flushes and compactions in the middle of the work.
  options.write_buffer_bytes = 128 << 10;
  options.failpoints = Failpoints(&killer);
  absl::StatusOr<std::unique_ptr<EmbeddedStore>> store = OpenRocksDbStore(options);
  if (!store.ok()) Complain(store.status().ToString());
  EventListener listener;
  (*store)->AddListener(&listener);
  Worker worker(**store, clock, name, seed);
  if (rounds > 0) {
    worker.WorkRounds(rounds);
  } else {
    worker.DeliverAll();
    worker.Wait(kLedgerRetention);
    AwaitSweep(path);
  }
  (*store)->RemoveListener(&listener);
  *store = nullptr;
  for (int point = 0; point < kFailpointCount; ++point) {
    Say(absl::StrCat("reached ", FailpointName(static_cast<Failpoint>(point)), " ",
                     killer.count(point)));
  }
  Say("done");
  return 0;
}

}  // namespace
}  // namespace mailstrom::storage

int main(int argc, char** argv) {
  uint64_t seed = 0;
  int64_t seconds = 0;
  int rounds = 0;
  int point = 0;
  int64_t occurrence = 0;
  if (argc != 8 || !absl::SimpleAtoi(argv[3], &seed) || !absl::SimpleAtoi(argv[4], &seconds) ||
      !absl::SimpleAtoi(argv[5], &rounds) || !absl::SimpleAtoi(argv[6], &point) ||
      !absl::SimpleAtoi(argv[7], &occurrence)) {
    std::fprintf(stderr, "usage: %s PATH NAME SEED SECONDS ROUNDS POINT OCCURRENCE\n", argv[0]);
    return 1;
  }
  mailstrom::storage::Killer killer(point, occurrence);
  return mailstrom::storage::Run(argv[1], argv[2], seed, seconds, rounds, killer);
}
