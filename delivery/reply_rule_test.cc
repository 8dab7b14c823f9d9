#include "delivery/reply_rule.h"

#include <vector>

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

TEST(ReplyRuleTest, AllThatIsSetMustFit) {
  ReplyRule rule;
  rule.first_code = 421;
  rule.last_code = 452;
  rule.enhanced_code_prefix = "4.7.";
  rule.text = "Unusual rate";
  const std::vector<ReplyRule> rules = {rule};
  EXPECT_EQ(FindReplyRule(rules, {450, "4.7.28", {"an unusual", "RATE of mail"}}), &rules[0]);
  EXPECT_EQ(FindReplyRule(rules, {421, "4.7.0", {"unusual rate"}}), &rules[0]);
  EXPECT_EQ(FindReplyRule(rules, {420, "4.7.0", {"unusual rate"}}), nullptr);
  EXPECT_EQ(FindReplyRule(rules, {453, "4.7.0", {"unusual rate"}}), nullptr);
  EXPECT_EQ(FindReplyRule(rules, {450, "4.2.0", {"unusual rate"}}), nullptr);
  EXPECT_EQ(FindReplyRule(rules, {450, "", {"unusual rate"}}), nullptr);
  EXPECT_EQ(FindReplyRule(rules, {450, "4.7.1", {"greylisted"}}), nullptr);
  EXPECT_EQ(FindReplyRule({}, {450, "4.7.1", {"greylisted"}}), nullptr);
}

TEST(ReplyRuleTest, FirstThatFitsCounts) {
  std::vector<ReplyRule> rules(2);
  rules[0].text = "slow";
  EXPECT_EQ(FindReplyRule(rules, {450, "", {"slow down"}}), &rules[0]);
  EXPECT_EQ(FindReplyRule(rules, {550, "", {"go away"}}), &rules[1]);
}

}  // namespace
}  // namespace mailstrom::delivery
