#include "clients/cli/queue_text.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/utf8.h"

namespace mailstrom::cli {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

admin::v1::SummarizeQueueResponse Summary() {
  return Parse<admin::v1::SummarizeQueueResponse>(R"(
    sites {
      site: "mx1.big.example,mx2.big.example default port 25 opportunistic"
      state: STATE_SUSPENDED
      domains: ["big.example", "other.example"] domain_count: 7
      recipients: 1234567 deferred: 12000 held: 3
      oldest_accept_time { seconds: 1699990000 } next_attempt_time { seconds: 1700000300 }
      last_failure: "no connection to\nmx1.big.example"
      running: 3 concurrency_limit: 20
    }
    sites { state: STATE_UNKNOWN domains: "new.example" domain_count: 1 recipients: 2
            oldest_accept_time { seconds: 1699999990 } next_attempt_time { seconds: 1699999990 } }
    others { recipients: 9 }
    total { recipients: 1234578 deferred: 12000 held: 3
            oldest_accept_time { seconds: 1699990000 } next_attempt_time { seconds: 1699999990 } }
    delivery { running: 3 claimed: 500 claim_window: 20000 }
  )");
}

TEST(QueueTextTest, DurationsFitIntoAColumn) {
  EXPECT_EQ(ShortDuration(absl::ZeroDuration()), "0s");
  EXPECT_EQ(ShortDuration(absl::Seconds(-5)), "0s");
  EXPECT_EQ(ShortDuration(absl::Seconds(99)), "99s");
  EXPECT_EQ(ShortDuration(absl::Seconds(100)), "1m");
  EXPECT_EQ(ShortDuration(absl::Minutes(99)), "99m");
  EXPECT_EQ(ShortDuration(absl::Minutes(100)), "1h");
  EXPECT_EQ(ShortDuration(absl::Hours(99)), "99h");
  EXPECT_EQ(ShortDuration(absl::Hours(100)), "4d");
  EXPECT_EQ(ShortDuration(absl::Hours(24 * 5000)), "999d");
}

TEST(QueueTextTest, ASummaryIsATable) {
  EXPECT_EQ(absl::StrJoin(SummaryLines(Summary(), 200, kNow), "\n"),
            "1234578 queued, 12000 deferred, 3 held, oldest 2h, next now; 3 running\n"
            " QUEUED  DEFER   HELD   AGE  NEXT STATE      CONN SITE\n"
            "  1234k  12000      3    2h    5m failing    3/20 mx1.big.example,mx2.big.example "
            "(big.example other.example +5): no connection to mx1.big.example\n"
            "      2      0      0   10s   now new           - new.example\n"
            "      9      0      0     -     -               - all others");
}

TEST(QueueTextTest, TopFitsIntoTheTerminal) {
  admin::v1::SummarizeQueueResponse summary = Summary();
  for (int i = 0; i < 100; ++i) *summary.add_sites() = summary.sites(0);
  for (const TerminalSize size : {TerminalSize{80, 24}, TerminalSize{60, 10}}) {
    const std::vector<std::string> lines = TopLines(summary, size, kNow);
    EXPECT_EQ(lines.size(), size.rows - 1);
    for (const std::string& line : lines) EXPECT_LE(CountCharacters(line), size.columns) << line;
    EXPECT_EQ(lines.back(), absl::StrCat("  … and ", 105 - (size.rows - 2), " more"));
  }
}

TEST(QueueTextTest, OrdersSayWhoAndWhy) {
  const std::string line = SuspensionLine(Parse<admin::v1::Suspension>(
      "scope { tag { name: 'run' value: '7' } } author: 'anna' reason: 'bad\\ncampaign' "
      "create_time { seconds: 1700000000 }"));
  EXPECT_TRUE(line.find("tag run=7: suspended since ") == 0) << line;
  EXPECT_TRUE(line.find(", by anna: bad campaign") != std::string::npos) << line;
  const std::string route = RerouteLine(Parse<admin::v1::Reroute>(
      "scope { domain: 'a.test' } host: 'mx.b.test' port: 2525 create_time { seconds: 1 }"));
  EXPECT_TRUE(route.find("domain a.test: to mx.b.test port 2525 since ") == 0) << route;
}

TEST(QueueTextTest, AnExplanationHasReasonAndOutlook) {
  const auto explanation = Parse<admin::v1::Explanation>(R"(
    recipient { email_id: "E1" recipient { address: "a@b.test" state: STATE_DEFERRED } }
    reason: "suspended by an operator" next: "attempt 2 is made at noon"
    obstacles { kind: KIND_OPERATOR description: "suspended by an operator" }
    obstacles { kind: KIND_WINDOW description: "the window is full" }
    site: "mx.b.test default port 25"
  )");
  EXPECT_EQ(ExplanationText(explanation),
            "a@b.test of E1: DEFERRED\n"
            "  why:  suspended by an operator\n"
            "        also: the window is full\n"
            "  next: attempt 2 is made at noon\n"
            "  site: mx.b.test default port 25\n");
}

}  // namespace
}  // namespace mailstrom::cli
