#include "tests/crash/failpoint_ledger.h"

#include <algorithm>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "storage/blocking_store.h"
#include "storage/database.h"
#include "storage/test_emails.h"
#include "storage/verification.h"
#include "tests/fakes/fake_clock.h"

namespace mailstrom::storage {
namespace {

int64_t ToNumber(const std::string& word) {
  int64_t number = 0;
  return absl::SimpleAtoi(word, &number) ? number : -1;
}

}  // namespace

RequestKey LedgerKey(const std::string& email_id, absl::Time now) {
  // Backwards, so that those of one time are not neighbours: RocksDB then rewrites the old ones,
  // and drops the expired ones among them, whenever new ones come.
  return {"ann", std::string(email_id.rbegin(), email_id.rend()), "digest", now + kLedgerRetention};
}

RocksDbStoreOptions LedgerStoreOptions(const std::string& path, const Clock& clock) {
  RocksDbStoreOptions options;
  options.path = path;
  options.clock = &clock;
  options.retention = kLedgerRetention;
  options.retention_interval = absl::InfiniteDuration();
  return options;
}

template <typename... Args>
void FailpointLedger::Problem(const Args&... args) {
  problems_.push_back(absl::StrCat(args...));
}

void FailpointLedger::Add(absl::string_view output) {
  for (const absl::string_view line : absl::StrSplit(output, '\n')) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words.size() >= 2) AddLine(words);
  }
}

void FailpointLedger::AddLine(const std::vector<std::string>& words) {
  const std::string& what = words[0];
  if (what == "time") {
    seconds_ = ToNumber(words[1]);
  } else if (what == "events") {
    last_event_ = std::max(last_event_, ToNumber(words[1]));
  } else if (what == "accepting") {
    offered_.insert(words[1]);
  } else if (what == "accepted") {
    accepted_[words[1]] = {static_cast<int>(ToNumber(words.at(2))), seconds_};
  } else if (what == "cancelled") {
    cancelled_.insert(words[1]);
  } else if (what == "handed") {
    AddHandOver({words[1], static_cast<int>(ToNumber(words.at(2)))});
  } else if (what == "recorded") {
    recorded_[{words[1], static_cast<int>(ToNumber(words.at(2)))}] = {
        static_cast<RecipientState>(ToNumber(words.at(3))), seconds_};
  } else if (what == "reached") {
    reached_[words[1]] += ToNumber(words.at(2));
  }
}

void FailpointLedger::AddHandOver(const RecipientId& id) {
  const auto recorded = recorded_.find(id);
  if (found_final_.contains(id) ||
      (recorded != recorded_.end() && IsFinal(recorded->second.state))) {
    Problem(id.first, "/", id.second, ": settled, and handed over after that");
  }
  if (cancelled_.contains(id.first)) Problem(id.first, ": cancelled, and handed over");
  // The first time is in doubt: it was not recorded when the process ended.
  if (!handed_over_.insert(id).second) ++repeated_;
}

int64_t FailpointLedger::reached(absl::string_view name) const {
  const auto found = reached_.find(std::string(name));
  return found == reached_.end() ? 0 : found->second;
}

std::string FailpointLedger::Check(const std::string& path) {
  FakeClock clock(kTestStart + absl::Seconds(seconds_));
  absl::StatusOr<std::unique_ptr<EmbeddedStore>> store =
      OpenRocksDbStore(LedgerStoreOptions(path, clock));
  if (!store.ok()) return store.status().ToString();
  if ((*store)->LastSequence() < last_event_) Problem("events that were told of are lost");
  found_.clear();
  for (const auto& [id, accepted] : accepted_) CheckAccepted(**store, id, accepted);
  CheckFound(**store);
  *store = nullptr;
  CheckRecords(path);
  return absl::StrJoin(problems_, "\n");
}

void FailpointLedger::CheckAccepted(Store& store, const std::string& id,
                                    const AcceptedEmail& accepted) {
  CheckKey(store, id, accepted);
  const absl::StatusOr<Email> email = BlockingStore(store).ReadEmail(id);
  if (absl::IsNotFound(email.status())) return CheckGone(id, accepted);
  if (!email.ok()) return Problem(id, ": ", email.status().ToString());
  if (static_cast<int>(email->recipients.size()) != accepted.recipients) {
    Problem(id, ": recipients are missing");
  }
  CheckEmail(*email);
  const absl::Status content = BlockingStore(store).ReadContent(id).status();
  if (email->settled() ? !absl::IsNotFound(content) : !content.ok()) {
    Problem(id, email->settled() ? ": settled, content " : ": content ", content.ToString());
  }
}

void FailpointLedger::CheckGone(const std::string& id, const AcceptedEmail& accepted) {
  const int64_t retention = absl::ToInt64Seconds(kLedgerRetention);
  // A cancellation settles what no attempt was under way for.
  if (cancelled_.contains(id) && accepted.seconds + retention <= seconds_) return;
  for (int i = 0; i < accepted.recipients; ++i) {
    const auto recorded = recorded_.find({id, i});
    const bool was_recorded = recorded != recorded_.end() && IsFinal(recorded->second.state);
    // What was settled and not acknowledged before a kill was found so after it.
    if (!was_recorded && !found_final_.contains({id, i})) {
      Problem(id, "/", i, ": accepted, not settled, and lost");
    } else if (was_recorded && recorded->second.seconds + retention > seconds_) {
      Problem(id, "/", i, ": gone before the end of its retention");
    }
  }
}

void FailpointLedger::CheckEmail(const Email& email) {
  const std::string& id = email.record.email_id;
  if (cancelled_.contains(id) && !email.settled()) Problem(id, ": cancelled, and not settled");
  for (size_t i = 0; i < email.recipients.size(); ++i) {
    const RecipientId recipient_id(id, static_cast<int>(i));
    const RecipientState state = email.recipients[i].state;
    if (IsFinal(state)) found_final_.insert(recipient_id);
    const auto recorded = recorded_.find(recipient_id);
    if (recorded == recorded_.end()) continue;
    const RecipientState said = recorded->second.state;
    if (IsFinal(said) ? state != said : state == RecipientState::kQueued) {
      Problem(id, "/", i, ": recorded, and lost");
    }
  }
}

void FailpointLedger::CheckKey(Store& store, const std::string& id, const AcceptedEmail& accepted) {
  const absl::Time accept_time = kTestStart + absl::Seconds(accepted.seconds);
  const absl::Time now = kTestStart + absl::Seconds(seconds_);
  AcceptRequest again;
  again.email = TestEmail(absl::StrCat(id, "-again"), 1, now);
  again.email.record.accept_time = now;
  again.key = LedgerKey(id, accept_time);
  // Afterwards, the same request would make another email.
  if (again.key->expire_time <= now) return;
  const absl::StatusOr<Accepted> known = BlockingStore(store).Accept(again);
  if (!known.ok() || !known->replayed || known->email.record.email_id != id) {
    Problem(id, ": its request key is lost");
  }
}

void FailpointLedger::CheckFound(Store& store) {
  ListQuery query;
  do {
    const absl::StatusOr<ListPage> page = BlockingStore(store).ListEmails(query);
    if (!page.ok()) return Problem("list: ", page.status().ToString());
    for (const Email& email : page->emails) {
      // Not acknowledged is no promise that it is not there.
      if (!offered_.contains(email.record.email_id)) {
        Problem(email.record.email_id, ": nobody offered it");
      }
      for (const Recipient& recipient : email.recipients) ++found_[recipient.state];
      if (!accepted_.contains(email.record.email_id)) CheckEmail(email);
    }
    query.after = page->next;
  } while (!query.after.empty());
}

void FailpointLedger::CheckRecords(const std::string& path) {
  const absl::StatusOr<std::unique_ptr<Database>> database =
      Database::OpenForReading({.path = path});
  if (!database.ok()) return Problem(database.status().ToString());
  const absl::StatusOr<Verification> verified = VerifyDatabase(**database);
  if (!verified.ok()) return Problem(verified.status().ToString());
  for (const std::string& problem : verified->problems) Problem(problem);
  // Settled emails past their retention may still be on the disk; all others are seen.
  if (verified->queued != found_[RecipientState::kQueued] ||
      verified->deferred != found_[RecipientState::kDeferred]) {
    Problem("not all that is queued is listed");
  }
  if (verified->delivered < found_[RecipientState::kDelivered] ||
      verified->failed < found_[RecipientState::kFailed]) {
    Problem("more is listed than there is");
  }
}

}  // namespace mailstrom::storage
