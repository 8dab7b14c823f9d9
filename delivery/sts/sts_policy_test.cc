#include "delivery/sts/sts_policy.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

std::string Txt(const std::string& text) {
  return absl::StrCat(std::string(1, static_cast<char>(text.size())), text);
}

constexpr char kPolicy[] =
    "version: STSv1\r\nmode: enforce\r\nmx: MX.a.test\r\nmx: *.b.test\r\nmax_age: 86400\r\n";

TEST(StsPolicyTest, ReadsPolicies) {
  const auto policy = ParseStsPolicy(kPolicy);
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->mode, StsPolicy::Mode::kEnforce);
  EXPECT_EQ(policy->mx_patterns, (std::vector<std::string>{"mx.a.test", "*.b.test"}));
  EXPECT_EQ(policy->max_age, absl::Hours(24));
  EXPECT_EQ(ParseStsPolicy("version: STSv1\nmode: none\nmax_age: 99999999999")->max_age,
            absl::Seconds(31557600));
}

TEST(StsPolicyTest, RefusesWhatIsNone) {
  for (const char* text :
       {"", "version: STSv2\nmode: none\nmax_age: 1", "mode: none\nmax_age: 1",
        "version: STSv1\nmax_age: 1", "version: STSv1\nmode: none",
        "version: STSv1\nmode: strict\nmax_age: 1", "version: STSv1\nmode: none\nmax_age: -1",
        "version: STSv1\nmode: enforce\nmax_age: 1", "version: STSv1\nmode: testing\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmx: a b\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmx: *\nmax_age: 1"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseStsPolicy(text).status())) << text;
  }
  EXPECT_FALSE(ParseStsPolicy(std::string(kMaxStsPolicyBytes + 1, ' ')).ok());
}

TEST(StsPolicyTest, FindsTheIdInDns) {
  EXPECT_EQ(StsIdIn({Txt("v=STSv1; id=20160831085700Z;")}), "20160831085700Z");
  EXPECT_EQ(StsIdIn({Txt("spf"), Txt("v=STSv1;id=1")}), "1");
  EXPECT_EQ(StsIdIn({Txt("v=STSv1; ") + Txt("id=12;")}), "12") << "two strings make one";
  EXPECT_EQ(StsIdIn({Txt("v=STSv1; id=1"), Txt("v=STSv1; id=2")}), std::nullopt);
  EXPECT_EQ(StsIdIn({Txt("v=STSv1; id=a b")}), std::nullopt);
  EXPECT_EQ(StsIdIn({Txt("v=STSv1;")}), std::nullopt);
  EXPECT_EQ(StsIdIn({Txt("v=STSv1; id=" + std::string(33, 'x'))}), std::nullopt);
  EXPECT_EQ(StsIdIn({"", std::string("\xff", 1)}), std::nullopt);
  EXPECT_EQ(StsIdIn({}), std::nullopt);
}

TEST(StsPolicyTest, WildcardIsOneLabel) {
  const StsPolicy policy = *ParseStsPolicy(kPolicy);
  EXPECT_TRUE(StsAllows(policy, "mx.a.test"));
  EXPECT_TRUE(StsAllows(policy, "mx1.b.test"));
  for (const char* host :
       {"a.test", "x.mx.a.test", "b.test", "x.y.b.test", ".b.test", "mxb.test"}) {
    EXPECT_FALSE(StsAllows(policy, host)) << host;
  }
}

TEST(StsPolicyTest, EnforcingLeavesAllowedHostsOnly) {
  StsPolicy policy = *ParseStsPolicy(kPolicy);
  MxRoute route;
  route.kind = MxRoute::Kind::kHosts;
  route.hosts = {{"evil.test", 1}, {"mx.a.test", 2}};
  MxRoute under = UnderStsPolicy(route, policy, "a.test");
  ASSERT_EQ(under.hosts.size(), 1u);
  EXPECT_EQ(under.hosts[0].name, "mx.a.test");
  EXPECT_TRUE(under.must_verify);
  route.hosts.pop_back();
  EXPECT_EQ(UnderStsPolicy(route, policy, "a.test").kind, MxRoute::Kind::kUntrusted);
}

TEST(StsPolicyTest, TestingAndNoneBlockNothing) {
  for (const StsPolicy::Mode mode : {StsPolicy::Mode::kTesting, StsPolicy::Mode::kNone}) {
    StsPolicy policy = *ParseStsPolicy(kPolicy);
    policy.mode = mode;
    MxRoute route;
    route.kind = MxRoute::Kind::kHosts;
    route.hosts = {{"evil.test", 1}};
    const MxRoute under = UnderStsPolicy(route, policy, "a.test");
    EXPECT_EQ(under.hosts.size(), 1u);
    EXPECT_FALSE(under.must_verify);
  }
}

}  // namespace
}  // namespace mailstrom::delivery
