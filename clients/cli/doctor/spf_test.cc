#include "clients/cli/doctor/spf.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_dns_client.h"
#include "tests/fakes/fake_loop.h"

namespace mailstrom::cli {
namespace {

class SpfTest : public testing::Test {
 protected:
  SpfAnswer Ask(const std::string& address, const std::string& domain = "a.test") {
    return *loop_.Run(EvaluateSpf(dns_, {domain, address, "mail.a.test"}));
  }
  std::string Result(const std::string& record, const std::string& address) {
    dns_.Remove("a.test");
    dns_.AddTxt("a.test", record);
    return SpfResultName(Ask(address).result);
  }

  FakeClock clock_;
  FakeLoop loop_{clock_};
  delivery::FakeDnsClient dns_{clock_};
};

TEST_F(SpfTest, Mechanisms) {
  dns_.AddAddress("www.a.test", "192.0.2.9");
  dns_.AddAddress("www.a.test", "2001:db8::9");
  dns_.AddMx("mx.test", 10, "one.mx.test");
  dns_.AddAddress("one.mx.test", "192.0.2.20");
  dns_.AddTxt("inner.test", "v=spf1 ip4:192.0.2.30 -all");
  dns_.AddTxt("soft.test", "v=spf1 ~all");
  dns_.AddAddress("1.2.0.192.list.test", "127.0.0.2");
  dns_.AddAddress("a.test.192.0.2.1.x", "127.0.0.2");
  const struct {
    std::string record;
    std::string address;
    std::string want;
  } kCases[] = {
      {"v=spf1 -all", "192.0.2.1", "fail"},
      {"v=spf1 ~all", "192.0.2.1", "softfail"},
      {"v=spf1 ?all", "192.0.2.1", "neutral"},
      {"v=spf1 +all", "192.0.2.1", "pass"},
      {"v=spf1", "192.0.2.1", "neutral"},
      {"V=SPF1 IP4:192.0.2.1 -ALL", "192.0.2.1", "pass"},
      {"v=spf1 ip4:192.0.2.0/24 -all", "192.0.2.200", "pass"},
      {"v=spf1 ip4:192.0.2.0/25 -all", "192.0.2.200", "fail"},
      {"v=spf1 ip4:0.0.0.0/0 -all", "203.0.113.1", "pass"},
      {"v=spf1 ip6:2001:db8::/32 -all", "2001:db8:1::1", "pass"},
      {"v=spf1 ip6:2001:db8::/32 -all", "192.0.2.1", "fail"},
      {"v=spf1 -ip4:192.0.2.1 +all", "192.0.2.1", "fail"},
      {"v=spf1 a:www.a.test -all", "192.0.2.9", "pass"},
      {"v=spf1 a:www.a.test -all", "2001:db8::9", "pass"},
      {"v=spf1 a:www.a.test/24//64 -all", "192.0.2.77", "pass"},
      {"v=spf1 a:www.a.test//64 -all", "2001:db8::77", "pass"},
      {"v=spf1 a:www.a.test//64 -all", "192.0.2.77", "fail"},
      {"v=spf1 mx:mx.test -all", "192.0.2.20", "pass"},
      {"v=spf1 mx:mx.test -all", "192.0.2.21", "fail"},
      {"v=spf1 include:inner.test -all", "192.0.2.30", "pass"},
      {"v=spf1 include:inner.test ~all", "192.0.2.31", "softfail"},
      {"v=spf1 redirect=soft.test", "192.0.2.1", "softfail"},
      {"v=spf1 redirect=soft.test ip4:192.0.2.1", "192.0.2.1", "pass"},
      {"v=spf1 exists:%{ir}.list.test -all", "192.0.2.1", "pass"},
      {"v=spf1 exists:%{ir}.list.test -all", "192.0.2.2", "fail"},
      {"v=spf1 exists:%{d}.%{i}.x -all", "192.0.2.1", "pass"},
      {"v=spf1 ptr ip4:192.0.2.1 -all", "192.0.2.1", "pass"},
      {"v=spf1 exp=why.test unknown=x ip4:192.0.2.1 -all", "192.0.2.1", "pass"},
      {"v=spf1 ip4:192.0.2.0/24 +all", "", "pass"},
      {"v=spf1 include:inner.test exists:%{ir}.list.test -all", "", "fail"},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(Result(test.record, test.address), test.want) << test.record << " " << test.address;
  }
}

TEST_F(SpfTest, WhatCannotBeReadIsAnError) {
  dns_.AddName("empty.test");
  const char* const kRecords[] = {
      "v=spf1 ip4:192.0.2.256",
      "v=spf1 ip4:192.0.2.0/33",
      "v=spf1 ip4:2001:db8::1",
      "v=spf1 ip4",
      "v=spf1 include",
      "v=spf1 include: -all",
      "v=spf1 ipv4:192.0.2.1 -all",
      "v=spf1 all:x",
      "v=spf1 a:www.a.test/64",
      "v=spf1 include:empty.test",
      "v=spf1 redirect=empty.test",
      "v=spf1 exists:%{q}.test",
      "v=spf1 exists:%x",
      "v=spf1 exists:%{d",
      "v=spf1 exists:%{d0}",
      "v=spf1 redirect=a.test redirect=b.test",
  };
  for (const char* const record : kRecords) {
    EXPECT_EQ(Result(record, "192.0.2.1"), "permerror") << record;
  }
}

TEST_F(SpfTest, NoRecordAndSeveral) {
  EXPECT_EQ(SpfResultName(Ask("192.0.2.1").result), "none");
  dns_.AddTxt("a.test", "v=spf10 -all");
  EXPECT_EQ(SpfResultName(Ask("192.0.2.1").result), "none");
  dns_.AddTxt("a.test", "v=spf1 -all");
  EXPECT_EQ(SpfResultName(Ask("192.0.2.1").result), "fail");
  dns_.AddTxt("a.test", "v=spf1 +all");
  EXPECT_EQ(SpfResultName(Ask("192.0.2.1").result), "permerror");
  dns_.SetServfail("a.test");
  EXPECT_EQ(SpfResultName(Ask("192.0.2.1").result), "temperror");
}

TEST_F(SpfTest, LookUpsAreLimited) {
  std::string record = "v=spf1";
  for (int i = 0; i < 10; ++i) {
    const std::string name = absl::StrCat("n", i, ".test");
    dns_.AddAddress(name, "192.0.2.99");
    absl::StrAppend(&record, " a:", name);
  }
  EXPECT_EQ(Result(record + " -all", "192.0.2.1"), "fail");
  EXPECT_EQ(Ask("192.0.2.1").lookups, 10);
  EXPECT_EQ(Result(record + " a:n0.test -all", "192.0.2.1"), "permerror");
  EXPECT_EQ(Result("v=spf1 a:x1.test a:x2.test -all", "192.0.2.1"), "fail");
  EXPECT_EQ(Result("v=spf1 a:x1.test a:x2.test a:x3.test -all", "192.0.2.1"), "permerror");
  // One that includes itself ends, too.
  EXPECT_EQ(Result("v=spf1 include:a.test -all", "192.0.2.1"), "permerror");
}

}  // namespace
}  // namespace mailstrom::cli
