#include "storage/queue_match.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/test_emails.h"

namespace mailstrom::storage {
namespace {

struct Case {
  const char* name;
  QueueQuery query;
  bool want;
};

TEST(QueueMatchTest, EveryConditionCounts) {
  Email email = TestEmail("a");
  email.record.tenant = "acme";
  email.record.tags = {{"run", "7"}, {"kind", "news"}};
  Recipient& recipient = email.recipients[0];
  recipient.address = "Anna@Example.org";
  recipient.held = true;
  const Case cases[] = {
      {"none", {}, true},
      {"email", {.email_id = "a"}, true},
      {"other email", {.email_id = "b"}, false},
      {"domain in any case", {.domains = {{"example.net", "example.org"}}}, true},
      {"other domain", {.domains = {{"example.net"}}}, false},
      {"no domain at all", {.domains = std::vector<std::string>()}, false},
      {"recipient", {.recipient = "Anna@example.ORG"}, true},
      {"other mailbox", {.recipient = "anna@example.org"}, false},
      {"tenant", {.tenant = "acme"}, true},
      {"other tenant", {.tenant = ""}, false},
      {"tags", {.tags = {{"run", "7"}, {"kind", "news"}}}, true},
      {"other value", {.tags = {{"run", "7"}, {"kind", "bill"}}}, false},
      {"held", {.held = true}, true},
      {"not held", {.held = false}, false},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(Matches(test.query, email.record, recipient), test.want) << test.name;
  }
  recipient.state = RecipientState::kDelivered;
  EXPECT_FALSE(Matches({}, email.record, recipient)) << "settled";
}

TEST(QueueCounterTest, ShowsTheLongestQueuesAndCountsTheRestTogether) {
  QueueCounter counter;
  for (int domain = 1; domain <= 4; ++domain) {
    for (int i = 0; i < domain; ++i) {
      Email email = TestEmail("a", 1, kTestStart + absl::Seconds(10 * domain + i));
      email.record.accept_time = kTestStart - absl::Seconds(domain);
      Recipient& recipient = email.recipients[0];
      recipient.address = absl::StrCat("x@d", domain, ".example");
      if (i == 0) recipient.state = RecipientState::kDeferred;
      recipient.held = i == 1;
      counter.Count(email.record, recipient);
    }
  }
  const QueueSummary summary = counter.Finish(2);
  ASSERT_EQ(summary.domains.size(), 2u);
  EXPECT_EQ(summary.domains[0].domain, "d4.example");
  EXPECT_EQ(summary.domains[0].recipients, 4);
  EXPECT_EQ(summary.domains[0].deferred, 1);
  EXPECT_EQ(summary.domains[0].held, 1);
  EXPECT_EQ(summary.domains[0].oldest_accept_time, kTestStart - absl::Seconds(4));
  EXPECT_EQ(summary.domains[0].next_due, kTestStart + absl::Seconds(40));
  EXPECT_EQ(summary.domains[1].domain, "d3.example");
  EXPECT_EQ(summary.others.recipients, 3);
  EXPECT_EQ(summary.others.deferred, 2);
  EXPECT_EQ(summary.others.next_due, kTestStart + absl::Seconds(10));
}

TEST(QueueCounterTest, TellsABoundedNumberOfDomainsApart) {
  QueueCounter counter;
  const Email email = TestEmail("a");
  Recipient recipient = email.recipients[0];
  const int count = static_cast<int>(QueueCounter::kMaxDomains) + 5;
  for (int i = 0; i < count; ++i) {
    recipient.address = absl::StrCat("x@d", i);
    counter.Count(email.record, recipient);
  }
  recipient.address = "x@d0";
  counter.Count(email.record, recipient);
  const QueueSummary summary = counter.Finish(1);
  EXPECT_EQ(summary.domains[0].domain, "d0");
  EXPECT_EQ(summary.domains[0].recipients, 2);
  EXPECT_EQ(summary.others.recipients, count - 1);
}

}  // namespace
}  // namespace mailstrom::storage
