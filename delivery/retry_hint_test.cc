#include "delivery/retry_hint.h"

#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

TEST(RetryHintTest, FindsWhatServersSay) {
  struct Case {
    std::string text;
    absl::Duration want;
  };
  for (const Case& c : std::vector<Case>{
           {"Greylisted, please try again in 300 seconds", absl::Minutes(5)},
           {"Greylisting in action, please come back in 00:05:00", absl::Minutes(5)},
           {"please come back in 05:00", absl::Minutes(5)},
           {"You are greylisted. Retry in 5 minutes.", absl::Minutes(5)},
           {"Too many messages; try again in 1 hour", absl::Hours(1)},
           {"Please retry after 90s", absl::Seconds(90)},
           {"temporarily deferred, wait 2 min and resend", absl::Minutes(2)},
           {"RETRY AFTER 10 MINS", absl::Minutes(10)},
           {"rate limited\ntry again in 45 sec", absl::Seconds(45)},
       }) {
    EXPECT_EQ(FindRetryHint(c.text), std::make_optional(c.want)) << c.text;
  }
}

TEST(RetryHintTest, DoesNotMakeOneUp) {
  for (const std::string text :
       {"", "try again later", "mailbox over quota by 300 bytes, try again", "server busy",
        "see https://example.com/300 for why you should try again",
        "limit of 100 messages in 60 seconds exceeded", "try again in minutes",
        "retry in 99999999999999 seconds", "try again in :::", "try again at 1:2:3:4",
        "retry 12"}) {
    EXPECT_EQ(FindRetryHint(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace mailstrom::delivery
