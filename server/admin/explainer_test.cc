#include "server/admin/explainer.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "server/api_conversion.h"
#include "storage/test_emails.h"

namespace mailstrom::server {
namespace {

using delivery::Obstacle;
using delivery::Outlook;
using storage::kTestStart;
using storage::RecipientState;

const absl::Time kNow = kTestStart + absl::Hours(1);

delivery::RecipientInStore Deferred() {
  storage::Email email = storage::TestEmail("a");
  email.record.expire_time = kNow + absl::Hours(100);
  storage::Recipient& recipient = email.recipients[0];
  recipient.state = RecipientState::kDeferred;
  recipient.attempt_count = 2;
  recipient.next_attempt_time = kNow + absl::Hours(4);
  recipient.last_attempt.emplace();
  recipient.last_attempt->end_time = kNow - absl::Minutes(1);
  recipient.last_attempt->description = "the mailbox is full";
  recipient.last_attempt->reply = {452, "4.2.2", "over quota"};
  return {std::make_shared<const storage::EmailRecord>(email.record), 0, recipient};
}

Outlook With(std::vector<Obstacle> obstacles, Outlook::Stage stage = Outlook::Stage::kInStore) {
  Outlook outlook;
  outlook.stage = stage;
  outlook.obstacles = std::move(obstacles);
  return outlook;
}

struct Case {
  const char* name;
  Outlook outlook;
  std::string reason;
  std::string next;
  absl::Time next_time = absl::InfiniteFuture();
};

TEST(ExplainerTest, SaysWhyAndWhatComesNext) {
  const absl::Time due = kNow + absl::Hours(4);
  const absl::Time reopened = kNow + absl::Hours(5);
  Outlook attempt = With({}, Outlook::Stage::kAttempt);
  attempt.phase = storage::Phase::kRcpt;
  attempt.mx_host = "mx.test";
  attempt.mx_address = "192.0.2.1";
  const Case cases[] = {
      {"waits for its retry", With({{Obstacle::Kind::kNotDue, "it is not due yet", due}}),
       "it waits for its retry: attempt 2 ended at 2023-11-14T23:12:20Z: the mailbox is full "
       "(452 4.2.2 over quota)",
       "attempt 3 is made at 2023-11-15T03:13:20Z", due},
      {"its site is suspended for longer",
       With({{Obstacle::Kind::kSiteSuspended, "its site is left alone for now", reopened}}),
       "its site is left alone for now", "attempt 3 is made at 2023-11-15T04:13:20Z", reopened},
      {"suspended without an end",
       With({{Obstacle::Kind::kOrder, "suspended by an operator"},
             {Obstacle::Kind::kNotDue, "it is not due yet", due}}),
       "suspended by an operator",
       "it goes on once that is over; if it is not by then, it is given up at "
       "2023-11-19T03:13:20Z",
       kNow + absl::Hours(100)},
      {"suspended with an end",
       With({{Obstacle::Kind::kOrder, "suspended by an operator", reopened}}),
       "suspended by an operator", "attempt 3 is made at 2023-11-15T04:13:20Z", reopened},
      {"suspended beyond its lifetime",
       With({{Obstacle::Kind::kOrder, "suspended by an operator", kNow + absl::Hours(200)}}),
       "suspended by an operator", "it is given up at 2023-11-19T03:13:20Z",
       kNow + absl::Hours(100)},
      {"waits for its turn",
       With({{Obstacle::Kind::kSiteConcurrency, "its site has 5 attempts under way and bears 5"}},
            Outlook::Stage::kWaiting),
       "its site has 5 attempts under way and bears 5",
       "attempt 3 is made as soon as its turn comes"},
      {"under way", attempt,
       "attempt 3 is under way and waits for an answer to RCPT, with mx.test [192.0.2.1]",
       "it is delivered, put off or given up, as the attempt ends"},
      {"looked up", With({}, Outlook::Stage::kRouting), "its mail hosts are looked up",
       "attempt 3 is made as soon as its turn comes"},
      {"recorded", With({}, Outlook::Stage::kSettling), "what came of it is being recorded",
       "attempt 3 is made as soon as its turn comes"},
  };
  for (const Case& test : cases) {
    const admin::v1::Explanation explanation = MakeExplanation(Deferred(), test.outlook, kNow);
    EXPECT_EQ(explanation.reason(), test.reason) << test.name;
    EXPECT_EQ(explanation.next(), test.next) << test.name;
    EXPECT_EQ(explanation.has_next_time() ? FromTimestamp(explanation.next_time())
                                          : absl::InfiniteFuture(),
              test.next_time)
        << test.name;
    EXPECT_EQ(static_cast<int>(explanation.stage()), static_cast<int>(test.outlook.stage))
        << test.name;
    EXPECT_EQ(explanation.obstacles_size(), static_cast<int>(test.outlook.obstacles.size()));
  }
}

TEST(ExplainerTest, SaysWhatBecameOfTheSettled) {
  delivery::RecipientInStore recipient = Deferred();
  recipient.recipient.state = RecipientState::kDelivered;
  recipient.recipient.last_attempt->description = "the server took responsibility";
  recipient.recipient.last_attempt->reply.reset();
  const admin::v1::Explanation explanation = MakeExplanation(recipient, {}, kNow);
  EXPECT_EQ(explanation.stage(), admin::v1::Explanation::STAGE_SETTLED);
  EXPECT_EQ(explanation.reason(),
            "it is delivered: attempt 2 ended at 2023-11-14T23:12:20Z: the server took "
            "responsibility");
  EXPECT_EQ(explanation.next(), "nothing");
}

TEST(ExplainerTest, ARecipientThatIsHeldWaitsForNobodyElse) {
  delivery::RecipientInStore recipient = Deferred();
  recipient.recipient.held = true;
  const absl::Time end = kNow + absl::Hours(1);
  Outlook outlook = With({{Obstacle::Kind::kOrder, "suspended by an operator", end},
                          {Obstacle::Kind::kNotDue, "", kNow + absl::Hours(4)}});
  outlook.suspension.emplace();
  EXPECT_EQ(FromTimestamp(MakeExplanation(recipient, outlook, kNow).next_time()), end);
}

}  // namespace
}  // namespace mailstrom::server
