// A long random walk over a store and its model, which must agree at every step.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "base/random_source.h"
#include "storage/list_query.h"
#include "storage/ordered_bytes.h"
#include "storage/queue_match.h"
#include "storage/store_audit.h"
#include "storage/store_conformance.h"
#include "storage/store_model.h"
#include "storage/test_emails.h"
#include "tests/fakes/deterministic_random.h"

namespace mailstrom::storage {
namespace {

constexpr int kSteps = 3000;
// Restarts cost more than the rest.
constexpr int kStepsPerRestart = 150;

class RandomWalk {
 public:
  RandomWalk(StoreUnderTest& under_test, uint64_t seed) : under_test_(under_test), random_(seed) {}

  // One operation on both. Text: where they differ.
  std::string Step() {
    if (under_test_.is_durable() && Draw(kStepsPerRestart) == 0) return Restart();
    switch (Draw(15)) {
      case 0:
      case 1:
        return Accept();
      case 2:
      case 3:
      case 4:
        return ClaimDue();
      case 5:
      case 6:
        return Record();
      case 7:
        return Release();
      case 8:
        return ReadOne();
      case 9:
        return Draw(3) == 0 ? Cancel() : "";
      case 10:
      case 11:
        return ListOn();
      case 12:
        return ChangeQueued();
      case 13:
        return ListQueue();
      default:
        return ReadEvents();
    }
  }

  // After each step. Text: what is not as it should be.
  std::string CheckTotals() {
    const QueueTotals got = under_test_.store().Totals(), want = model_.Totals();
    if (got == want) return "";
    return absl::StrCat("totals ", got.emails, ",", got.bytes, ",", got.recipients, " and not ",
                        want.emails, ",", want.bytes, ",", want.recipients);
  }

  // At the end.
  std::string Audit() {
    if (under_test_.is_durable()) {
      Restart();
      // Gives up what is cancelled, which is not due any more.
      if (!blocking().ClaimDue(absl::InfiniteFuture(), 1 << 30).ok()) return "claim failed";
      if (std::string problem = TakeOverGivenUp(); !problem.empty()) return problem;
      if (std::string problem = CheckTotals(); !problem.empty()) return problem;
      Restart();
    } else {
      std::vector<Claim> held;
      for (const auto& [id, claimed] : model_.claims()) held.push_back(claimed.claim);
      if (!blocking().Release(held, absl::InfinitePast()).ok()) return "release failed";
    }
    const StoreAudit audit = AuditStore(under_test_.store(), /*claim_all=*/true);
    if (audit.emails != static_cast<int64_t>(model_.emails().size())) return "emails are missing";
    return absl::StrJoin(audit.problems, "\n");
  }

 private:
  BlockingStore blocking() { return BlockingStore(under_test_.store()); }
  int Draw(int below) { return static_cast<int>(random_.Next() % below); }
  absl::Time SomeTime() { return now_ + absl::Seconds(Draw(200) - 50); }

  std::string AnyId() {
    if (model_.emails().empty() || Draw(20) == 0) return "nobody";
    return std::next(model_.emails().begin(), Draw(static_cast<int>(model_.emails().size())))
        ->first;
  }

  std::string Accept() {
    const bool taken = Draw(10) == 0 && !model_.emails().empty();
    AcceptRequest request;
    request.email = TestEmail(
        taken ? model_.emails().begin()->first : absl::StrCat("e", Draw(1 << 30)), 1 + Draw(4));
    Email& email = request.email;
    email.record.accept_time = now_;
    email.record.tags = {{"n", absl::StrCat(Draw(3))}, {"m", absl::StrCat(Draw(2))}};
    if (Draw(2) == 0) email.record.tenant = absl::StrCat("t", Draw(2));
    for (Recipient& recipient : email.recipients) {
      recipient.address = absl::StrCat("r", Draw(4), "@example.com");
      recipient.next_attempt_time = SomeTime();
    }
    request.content = std::string(Draw(5000), 'c');
    if (Draw(2) == 0) {
      request.key = RequestKey{absl::StrCat(Draw(2)), absl::StrCat(Draw(20)), absl::StrCat(Draw(2)),
                               now_ + absl::Seconds(Draw(500))};
    }
    const std::string problem = model_.Accept(request, blocking().Accept(request));
    return problem.empty() ? "" : absl::StrCat("accept: ", problem);
  }

  std::string Cancel() {
    const std::string id = AnyId();
    const absl::StatusOr<Email> email = blocking().Cancel(id, now_);
    if (!model_.emails().contains(id)) {
      return absl::IsNotFound(email.status()) ? "" : "nobody was cancelled";
    }
    const Email& want = model_.Cancel(id, now_);
    if (!email.ok()) return absl::StrCat("cancel: ", email.status().ToString());
    return ToText(*email) == ToText(want)
               ? ""
               : absl::StrCat("got ", ToText(*email), "\nwant ", ToText(want));
  }

  std::string ClaimDue() {
    now_ += absl::Seconds(Draw(20));
    const int max = Draw(6);
    const absl::StatusOr<DueWork> work = blocking().ClaimDue(now_, max);
    if (!work.ok()) return absl::StrCat("claim: ", work.status().ToString());
    for (const ClaimedRecipient& claimed : AllOf(*work)) former_.push_back(claimed);
    if (std::string problem = TakeOverGivenUp(); !problem.empty()) return problem;
    return model_.Claim(now_, max, *work);
  }

  std::string TakeOverGivenUp() {
    while (static_cast<int64_t>(model_.events().size()) < under_test_.store().LastSequence()) {
      const auto batch = blocking().ReadEvents(static_cast<int64_t>(model_.events().size()), 1000);
      if (!batch.ok()) return batch.status().ToString();
      for (const auto& event : batch->events) {
        if (std::string problem = model_.GiveUp(*event); !problem.empty()) return problem;
      }
    }
    return "";
  }

  // Reads the next page of a list; other steps come between its pages.
  std::string ListOn() {
    if (list_.after.empty()) BeginList();
    const absl::StatusOr<ListPage> page = blocking().ListEmails(list_);
    if (!page.ok()) return absl::StrCat("list: ", page.status().ToString());
    for (const Email& email : page->emails) {
      const std::string& id = email.record.email_id;
      const Email& want = model_.emails().at(id).email;
      if (ToText(email) != ToText(want) || !Matches(list_, want)) return "listed in error";
      const ListPlace place{ToNanos(want.record.accept_time), id};
      if (last_listed_.has_value() && *last_listed_ <= place) return "listed in another order";
      last_listed_ = place;
      to_list_.erase(id);
    }
    list_.after = page->next;
    return list_.after.empty() && !to_list_.empty()
               ? absl::StrCat("never listed: ", *to_list_.begin())
               : "";
  }

  void BeginList() {
    list_ = ListQuery();
    list_.page_size = 1 + Draw(200);
    if (Draw(2) == 0) list_.tags["n"] = absl::StrCat(Draw(4));
    if (Draw(4) == 0) list_.tags["m"] = absl::StrCat(Draw(2));
    if (Draw(4) == 0) list_.tenant = "t1";
    if (Draw(3) == 0) list_.recipient = absl::StrCat("r", Draw(5), "@EXAMPLE.com");
    // Settled emails stay so; the others may leave the list while it is read.
    if (Draw(3) == 0) list_.settled = true;
    if (Draw(4) == 0) list_.start_time = now_ - absl::Seconds(Draw(1000));
    if (Draw(4) == 0) list_.end_time = now_ - absl::Seconds(Draw(100));
    last_listed_.reset();
    to_list_.clear();
    for (const auto& [id, stored] : model_.emails()) {
      if (Matches(list_, stored.email)) to_list_.insert(id);
    }
  }

  // Some of the claims that are held.
  std::vector<ClaimedRecipient> SomeClaims() {
    std::vector<ClaimedRecipient> some;
    for (const auto& [id, claimed] : model_.claims()) {
      if (Draw(3) == 0) some.push_back(claimed);
    }
    for (size_t i = some.size(); i > 1; --i) {
      std::swap(some[i - 1], some[Draw(static_cast<int>(i))]);
    }
    return some;
  }

  bool IsStale(const ClaimedRecipient& claimed) const {
    const auto held = model_.claims().find({claimed.claim.email_id, claimed.claim.recipient_index});
    return held == model_.claims().end() || held->second.claim.fence != claimed.claim.fence;
  }

  std::string Record() {
    std::vector<Outcome> outcomes;
    const auto shared = std::make_shared<const std::string>("said to several");
    for (const ClaimedRecipient& claimed : SomeClaims()) {
      const int kind = Draw(3);
      outcomes.push_back(kind == 0   ? Delivered(claimed)
                         : kind == 1 ? Failed(claimed)
                                     : Deferred(claimed, SomeTime()));
      if (Draw(2) == 0) {
        outcomes.back().dialogue =
            Draw(2) == 0 ? shared : std::make_shared<const std::string>(Draw(300), 'd');
      }
    }
    bool stale = false;
    if (!former_.empty() && Draw(4) == 0) {
      const ClaimedRecipient& former = former_[Draw(static_cast<int>(former_.size()))];
      stale = IsStale(former);
      const auto same = [&](const Outcome& outcome) {
        return outcome.claim.email_id == former.claim.email_id &&
               outcome.claim.recipient_index == former.claim.recipient_index;
      };
      if (std::any_of(outcomes.begin(), outcomes.end(), same)) return "";
      outcomes.push_back(Delivered(former));
    }
    const absl::Status status = blocking().RecordOutcomes(outcomes);
    if (stale ? !absl::IsAborted(status) : !status.ok()) {
      return absl::StrCat("record: ", status.ToString());
    }
    if (stale) return "";
    model_.Record(outcomes);
    return "";
  }

  std::string Release() {
    std::vector<Claim> claims;
    for (const ClaimedRecipient& claimed : SomeClaims()) claims.push_back(claimed.claim);
    const absl::Time due_time = SomeTime();
    const bool hold = Draw(3) == 0;
    for (const Claim& claim : claims) model_.Release(claim, due_time, hold);
    if (!former_.empty() && IsStale(former_.back())) claims.push_back(former_.back().claim);
    const absl::Status status =
        hold ? blocking().Hold(claims, due_time) : blocking().Release(claims, due_time);
    return status.ok() ? "" : absl::StrCat("release: ", status.ToString());
  }

  std::string ChangeQueued() {
    std::vector<RecipientId> recipients = {{AnyId(), 0}};
    for (const QueuedRecipient& queued : model_.Queue()) {
      if (Draw(4) != 0 || queued.record->email_id == recipients[0].email_id) continue;
      recipients.push_back({queued.record->email_id, queued.recipient_index});
    }
    const QueueChange change = Draw(4) == 0 ? QueueChange::kCancel : QueueChange::kMakeDue;
    const ChangedCounts want = model_.ChangeQueued(recipients, change, now_);
    const absl::StatusOr<ChangedCounts> got = blocking().ChangeQueued(recipients, change, now_);
    if (!got.ok()) return absl::StrCat("change: ", got.status().ToString());
    return got->changed == want.changed && got->claimed == want.claimed
               ? ""
               : absl::StrCat("changed ", got->changed, ", ", got->claimed, " claimed, and not ",
                              want.changed, ", ", want.claimed);
  }

  // All pages, for nothing else happens meanwhile.
  std::string ListQueue() {
    QueueQuery query;
    query.page_size = 1 + Draw(50);
    if (Draw(3) == 0) query.held = Draw(2) == 0;
    if (Draw(3) == 0) query.tags["n"] = absl::StrCat(Draw(4));
    if (Draw(4) == 0) query.tenant = "t1";
    if (Draw(4) == 0) query.recipient = absl::StrCat("r", Draw(5), "@EXAMPLE.com");
    const std::vector<QueuedRecipient> queue = model_.Queue();
    auto want = queue.begin();
    do {
      const absl::StatusOr<QueuePage> page = blocking().ListQueue(query);
      if (!page.ok()) return absl::StrCat("list of the queue: ", page.status().ToString());
      for (const QueuedRecipient& got : page->recipients) {
        want = std::find_if(want, queue.end(), [&](const QueuedRecipient& queued) {
          return Matches(query, *queued.record, queued.recipient);
        });
        if (want == queue.end()) return "the queue is longer";
        if (got.record->email_id != want->record->email_id ||
            ToText(got.recipient) != ToText(want->recipient)) {
          return absl::StrCat("queued ", ToText(got.recipient), "\nwant ", ToText(want->recipient));
        }
        ++want;
      }
      query.after = page->next;
    } while (!query.after.empty());
    const bool is_short = std::any_of(want, queue.end(), [&](const QueuedRecipient& queued) {
      return Matches(query, *queued.record, queued.recipient);
    });
    if (is_short) return "the queue is shorter";
    const absl::StatusOr<QueueSummary> summary = blocking().SummarizeQueue(1);
    if (!summary.ok()) return absl::StrCat("summary: ", summary.status().ToString());
    const int64_t counted = summary->domains.empty() ? 0 : summary->domains[0].recipients;
    return counted == static_cast<int64_t>(queue.size()) ? "" : "the summary counts otherwise";
  }

  std::string ReadOne() {
    const std::string id = AnyId();
    const absl::StatusOr<Email> email = blocking().ReadEmail(id);
    const absl::StatusOr<std::string> content = blocking().ReadContent(id);
    const auto want = model_.emails().find(id);
    if (want == model_.emails().end()) {
      return absl::IsNotFound(email.status()) ? "" : "nobody was found";
    }
    if (!email.ok()) return absl::StrCat("read: ", email.status().ToString());
    if (ToText(*email) != ToText(want->second.email)) {
      return absl::StrCat("got ", ToText(*email), "\nwant ", ToText(want->second.email));
    }
    if (std::string problem = CheckDialogues(id, want->second.dialogues); !problem.empty()) {
      return problem;
    }
    if (email->settled()) return absl::IsNotFound(content.status()) ? "" : "content was kept";
    if (!content.ok()) return absl::StrCat("content: ", content.status().ToString());
    return *content == want->second.content ? "" : "other content";
  }

  std::string CheckDialogues(const std::string& id, const std::vector<Dialogue>& want) {
    const absl::StatusOr<std::vector<Dialogue>> got = blocking().ReadDialogues(id);
    if (!got.ok()) return absl::StrCat("dialogues: ", got.status().ToString());
    const auto same = [](const Dialogue& a, const Dialogue& b) {
      return a.sequence == b.sequence && a.recipient_indexes == b.recipient_indexes &&
             a.event_time == b.event_time && *a.bytes == *b.bytes;
    };
    return std::equal(got->begin(), got->end(), want.begin(), want.end(), same)
               ? ""
               : absl::StrCat("other dialogues of ", id);
  }

  std::string ReadEvents() {
    const auto& want = model_.events();
    const int64_t size = static_cast<int64_t>(want.size());
    if (under_test_.store().LastSequence() != size) return "the log has another length";
    const int64_t after = Draw(static_cast<int>(size) + 2);
    const int max = 1 + Draw(20);
    const absl::StatusOr<EventBatch> batch = blocking().ReadEvents(after, max);
    if (after > size) return absl::IsOutOfRange(batch.status()) ? "" : "read past the end";
    if (!batch.ok()) return absl::StrCat("events: ", batch.status().ToString());
    int64_t next = after;
    for (const auto& event : batch->events) {
      if (ToText(*event) != ToText(want[next])) {
        return absl::StrCat("got ", ToText(*event), "\nwant ", ToText(want[next]));
      }
      ++next;
    }
    return next == std::min(size, after + max) && next == batch->last_sequence
               ? ""
               : absl::StrCat("read up to ", next);
  }

  std::string Restart() {
    if (Draw(2) == 0) {
      under_test_.Restart();
    } else {
      under_test_.Crash();
    }
    model_.Restart();
    return "";
  }

  StoreUnderTest& under_test_;
  DeterministicRandom random_;
  StoreModel model_;
  absl::Time now_ = kTestStart;
  // Claims that were held at some time.
  std::vector<ClaimedRecipient> former_;
  // The list that is being read, what it has shown last, and what it must still show.
  ListQuery list_;
  std::optional<ListPlace> last_listed_;
  std::set<std::string> to_list_;
};

// A new one each time, unless MAILSTROM_TEST_SEED repeats an earlier one.
uint64_t Seed() {
  uint64_t seed = 0;
  const char* given = std::getenv("MAILSTROM_TEST_SEED");
  if (given != nullptr && absl::SimpleAtoi(given, &seed)) return seed;
  SystemRandomSource random;
  return random.Next();
}

TEST_P(StoreConformanceTest, AgreesWithTheModel) {
  const uint64_t seed = Seed();
  std::cout << "MAILSTROM_TEST_SEED=" << seed << std::endl;
  RandomWalk walk(*under_test_, seed);
  for (int step = 0; step < kSteps; ++step) {
    ASSERT_EQ(walk.Step(), "") << "in step " << step;
    ASSERT_EQ(walk.CheckTotals(), "") << "after step " << step;
  }
  EXPECT_EQ(walk.Audit(), "");
}

}  // namespace
}  // namespace mailstrom::storage
