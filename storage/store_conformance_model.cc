// A long random walk over a store and its model, which must agree at every step.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "base/random_source.h"
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
    switch (Draw(10)) {
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
      default:
        return ReadEvents();
    }
  }

  // At the end.
  std::string Audit() {
    if (under_test_.is_durable()) {
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
    Email email = TestEmail(
        taken ? model_.emails().begin()->first : absl::StrCat("e", Draw(1 << 30)), 1 + Draw(4));
    email.record.tags = {{"n", absl::StrCat(Draw(3))}};
    for (Recipient& recipient : email.recipients) recipient.next_attempt_time = SomeTime();
    const std::string content(Draw(5000), 'c');
    const bool is_new = !model_.emails().contains(email.record.email_id);
    const absl::Status status = blocking().Accept(email, content);
    if (is_new ? !status.ok() : !absl::IsAlreadyExists(status)) {
      return absl::StrCat("accept: ", status.ToString());
    }
    if (is_new) model_.Accept(std::move(email), content);
    return "";
  }

  std::string ClaimDue() {
    now_ += absl::Seconds(Draw(20));
    const int max = Draw(6);
    const absl::StatusOr<DueWork> work = blocking().ClaimDue(now_, max);
    if (!work.ok()) return absl::StrCat("claim: ", work.status().ToString());
    for (const ClaimedRecipient& claimed : AllOf(*work)) former_.push_back(claimed);
    return model_.Claim(now_, max, *work);
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
    for (const ClaimedRecipient& claimed : SomeClaims()) {
      const int kind = Draw(3);
      outcomes.push_back(kind == 0   ? Delivered(claimed)
                         : kind == 1 ? Failed(claimed)
                                     : Deferred(claimed, SomeTime()));
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
    for (const Outcome& outcome : outcomes) model_.Record(outcome);
    return "";
  }

  std::string Release() {
    std::vector<Claim> claims;
    for (const ClaimedRecipient& claimed : SomeClaims()) claims.push_back(claimed.claim);
    const absl::Time due_time = SomeTime();
    for (const Claim& claim : claims) model_.Release(claim, due_time);
    if (!former_.empty() && IsStale(former_.back())) claims.push_back(former_.back().claim);
    const absl::Status status = blocking().Release(claims, due_time);
    return status.ok() ? "" : absl::StrCat("release: ", status.ToString());
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
    if (email->settled()) return absl::IsNotFound(content.status()) ? "" : "content was kept";
    if (!content.ok()) return absl::StrCat("content: ", content.status().ToString());
    return *content == want->second.content ? "" : "other content";
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
  }
  EXPECT_EQ(walk.Audit(), "");
}

}  // namespace
}  // namespace mailstrom::storage
