#include "server/access_control.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "grpcpp/support/status.h"
#include "gtest/gtest.h"
#include "server/tenant_credentials.h"
#include "server/test_token_signer.h"
#include "tests/fakes/fake_clock.h"

namespace mailstrom::server {
namespace {

using ::testing::HasSubstr;

class AccessControlTest : public ::testing::Test {
 protected:
  AccessControlTest() { config_.set_file(::testing::TempDir() + "access.yaml"); }

  void Write(const std::string& text) { std::ofstream(config_.file()) << "tenants:\n" << text; }

  static CallCredentials Bearer(const std::string& token, const std::string& host = "192.0.2.1") {
    return {.host = host, .authorizations = {absl::StrCat("Bearer ", token)}};
  }

  // The tenant, or the error's code and text.
  static std::string Who(AccessControl& access, const CallCredentials& credentials) {
    const auto result = access.Admit(credentials);
    if (const auto* error = std::get_if<v1::Error>(&result)) {
      return absl::StrCat(error->code(), ": ", error->message());
    }
    const auto& caller = std::get<Caller>(result);
    return caller.tenant == nullptr ? "anybody" : caller.tenant->name;
  }

  FakeClock clock_;
  config::v1::AccessConfig config_;
};

constexpr char kUnauthenticated[] = "16: ";
constexpr char kExhausted[] = "8: ";

TEST_F(AccessControlTest, WithoutAFileEverybodyMayDoEverything) {
  AccessControl access({}, clock_);
  EXPECT_FALSE(access.Reload().value());
  EXPECT_EQ(Who(access, {}), "anybody");
  EXPECT_EQ(Who(access, Bearer("whatever")), "anybody");
  EXPECT_TRUE(access.MaySend(Caller()));
}

TEST_F(AccessControlTest, CredentialsAreNeeded) {
  Write(TenantYaml("shop", TestKey(1), ", certificate_names: [shop.test]") +
        TenantYaml("press", TestKey(2)));
  AccessControl access(config_, clock_);
  ASSERT_TRUE(access.Reload().value());
  EXPECT_EQ(Who(access, Bearer(TestKey(1).text)), "shop");
  EXPECT_EQ(Who(access, Bearer(TestKey(2).text)), "press");
  EXPECT_EQ(Who(access, {.authorizations = {absl::StrCat("bearer  ", TestKey(2).text, " ")}}),
            "press");
  EXPECT_EQ(Who(access, {.certificate_names = {"shop.test"}}), "shop");
  EXPECT_THAT(Who(access, {}), HasSubstr(absl::StrCat(kUnauthenticated, "no credentials")));
  EXPECT_THAT(Who(access, {.certificate_names = {"other.test"}}), HasSubstr(kUnauthenticated));
  EXPECT_THAT(Who(access, Bearer(TestKey(3).text)), HasSubstr(kUnauthenticated));
  EXPECT_THAT(Who(access, {.authorizations = {TestKey(1).text}}), HasSubstr(kUnauthenticated));
  EXPECT_THAT(Who(access, {.authorizations = {absl::StrCat("Basic ", TestKey(1).text)}}),
              HasSubstr(kUnauthenticated));
}

TEST_F(AccessControlTest, ATokenCountsBeforeACertificate) {
  Write(TenantYaml("shop", TestKey(1), ", certificate_names: [shop.test]") +
        TenantYaml("press", TestKey(2)));
  AccessControl access(config_, clock_);
  ASSERT_TRUE(access.Reload().value());
  CallCredentials both = Bearer(TestKey(2).text);
  both.certificate_names = {"shop.test"};
  EXPECT_EQ(Who(access, both), "press");
  both.authorizations = {"Bearer wrong"};
  EXPECT_THAT(Who(access, both), HasSubstr(kUnauthenticated));
  both.authorizations = {absl::StrCat("Bearer ", TestKey(1).text),
                         absl::StrCat("Bearer ", TestKey(2).text)};
  EXPECT_THAT(Who(access, both), HasSubstr("is not one `Bearer TOKEN`"));
}

TEST_F(AccessControlTest, AKeyThatIsTakenOutIsRefusedAfterAReload) {
  Write(TenantYaml("shop", TestKey(1)));
  AccessControl access(config_, clock_);
  ASSERT_TRUE(access.Reload().value());
  EXPECT_FALSE(access.Reload().value());
  Write(TenantYaml("shop", TestKey(2)));
  EXPECT_TRUE(access.Reload().value());
  EXPECT_EQ(Who(access, Bearer(TestKey(2).text)), "shop");
  EXPECT_THAT(Who(access, Bearer(TestKey(1).text)), HasSubstr(kUnauthenticated));
}

TEST_F(AccessControlTest, AFileThatIsMissingIsNamed) {
  config_.set_file("/nowhere/access.yaml");
  EXPECT_THAT(std::string(AccessControl(config_, clock_).Reload().status().message()),
              HasSubstr("access.file: /nowhere/access.yaml"));
}

TEST_F(AccessControlTest, WhatWasInForceStaysWhenTheFileIsWrong) {
  Write(TenantYaml("shop", TestKey(1)));
  AccessControl access(config_, clock_);
  ASSERT_TRUE(access.Reload().value());
  Write("nonsense");
  EXPECT_THAT(std::string(access.Reload().status().message()), HasSubstr(config_.file()));
  EXPECT_EQ(Who(access, Bearer(TestKey(1).text)), "shop");
  EXPECT_THAT(Who(access, {}), HasSubstr(kUnauthenticated));
}

TEST_F(AccessControlTest, WhoGuessesMustWaitAndNobodyElse) {
  Write(TenantYaml("shop", TestKey(1)) + TenantYaml("press", TestKey(2)));
  AccessControl access(config_, clock_, {.burst = 3, .interval = absl::Seconds(6)});
  ASSERT_TRUE(access.Reload().value());
  std::string guess = TestKey(1).text;
  guess.back() = 'x';
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(Who(access, Bearer(guess)), HasSubstr(kUnauthenticated));
  }
  // Not even the right key is looked at, or guessing would go on.
  EXPECT_THAT(Who(access, Bearer(guess)), HasSubstr(kExhausted));
  EXPECT_THAT(Who(access, Bearer(TestKey(1).text)), HasSubstr(kExhausted));
  EXPECT_EQ(Who(access, Bearer(TestKey(1).text, "192.0.2.2")), "shop");
  EXPECT_EQ(Who(access, Bearer(TestKey(2).text)), "press");
  clock_.Advance(absl::Seconds(6));
  EXPECT_EQ(Who(access, Bearer(TestKey(1).text)), "shop");
  // Keys that do not exist are one.
  for (uint8_t i = 0; i < 3; ++i) {
    EXPECT_THAT(Who(access, Bearer(TestKey(10 + i).text)), HasSubstr(kUnauthenticated));
  }
  EXPECT_THAT(Who(access, Bearer(TestKey(20).text)), HasSubstr(kExhausted));
}

TEST_F(AccessControlTest, GuessesFromManyHostsHoldUpNoKeyThatExists) {
  Write(TenantYaml("shop", TestKey(1)));
  AccessControl access(config_, clock_,
                       {.burst = 3, .interval = absl::Seconds(6), .max_sources = 100});
  ASSERT_TRUE(access.Reload().value());
  for (int i = 0; i < 1000; ++i) Who(access, Bearer("guess", absl::StrCat("host", i)));
  EXPECT_THAT(Who(access, Bearer("guess", "another")), HasSubstr(kExhausted));
  EXPECT_EQ(Who(access, Bearer(TestKey(1).text, "another")), "shop");
}

TEST_F(AccessControlTest, TokensOfAnIssuerCountUntilItsKeysAreReplaced) {
  const TestTokenSigner old_signer = TestTokenSigner::P256();
  const TestTokenSigner new_signer = TestTokenSigner::P256();
  const std::string jwks = ::testing::TempDir() + "jwks.json";
  std::ofstream(jwks) << Jwks(old_signer.Jwk("1"));
  Write(TenantYaml("shop", TestKey(1)) +
        "token_issuers: [{issuer: id, audience: mailstrom, jwks_file: " + jwks + "}]\n");
  AccessControl access(config_, clock_, {.burst = 3, .interval = absl::Seconds(6)});
  ASSERT_TRUE(access.Reload().value());
  const std::string claims =
      absl::StrCat(R"({"iss": "id", "aud": "mailstrom", "tenant": "shop", "exp": )",
                   absl::ToUnixSeconds(clock_.Now()) + 3600, "}");
  const std::string old_token = old_signer.Sign(R"({"alg": "ES256"})", claims);
  const std::string new_token = new_signer.Sign(R"({"alg": "ES256"})", claims);
  EXPECT_EQ(Who(access, Bearer(old_token)), "shop");
  EXPECT_THAT(Who(access, Bearer(new_token)), HasSubstr("no signature"));
  EXPECT_FALSE(access.Reload().value());
  std::ofstream(jwks) << Jwks(new_signer.Jwk("2"));
  EXPECT_TRUE(access.Reload().value());
  EXPECT_EQ(Who(access, Bearer(new_token)), "shop");
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(Who(access, Bearer(old_token)), HasSubstr(kUnauthenticated));
  }
  EXPECT_THAT(Who(access, Bearer(old_token)), HasSubstr(kExhausted));
  // Whoever has a good one is let in even so, and so are keys.
  EXPECT_EQ(Who(access, Bearer(new_token)), "shop");
  EXPECT_EQ(Who(access, Bearer(TestKey(1).text)), "shop");
}

TEST_F(AccessControlTest, ACertificateOfNobodyIsLoggedAsOftenAsWrongKeysAre) {
  Write(TenantYaml("shop", TestKey(1), ", certificate_names: [shop.test]"));
  AccessControl access(config_, clock_, {.burst = 3, .interval = absl::Seconds(6)});
  ASSERT_TRUE(access.Reload().value());
  const CallCredentials renamed = {.host = "192.0.2.1", .certificate_names = {"shop2.test"}};
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) EXPECT_THAT(Who(access, renamed), HasSubstr(kUnauthenticated));
  for (int i = 0; i < 3; ++i) EXPECT_THAT(Who(access, renamed), HasSubstr(kExhausted));
  // Who shows nothing at all is no event.
  EXPECT_THAT(Who(access, {.host = "192.0.2.1"}), HasSubstr(kUnauthenticated));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 3) << log;
  EXPECT_THAT(log,
              HasSubstr(R"("event":"call refused","host":"192.0.2.1",)"
                        R"("credentials":"certificate","reason":"the certificate is nobody's")"));
  // Those that are somebody's are let in even so, and so are keys.
  EXPECT_EQ(Who(access, {.host = "192.0.2.1", .certificate_names = {"shop.test"}}), "shop");
  EXPECT_EQ(Who(access, Bearer(TestKey(1).text)), "shop");
  EXPECT_THAT(Who(access, Bearer(TestKey(2).text)), HasSubstr(kUnauthenticated));
}

TEST_F(AccessControlTest, ACallerGoesOnAsLongAsHeWouldBeLetInAgain) {
  const TestTokenSigner signer = TestTokenSigner::P256();
  const std::string jwks = ::testing::TempDir() + "jwks.json";
  std::ofstream(jwks) << Jwks(signer.Jwk("1"));
  const std::string issuers =
      "token_issuers: [{issuer: id, audience: mailstrom, jwks_file: " + jwks + "}]\n";
  const absl::Time end = clock_.Now() + absl::Hours(1);
  const std::string limited = TenantYaml(
      "press", TestKey(2), "",
      absl::StrCat(", expire_time: \"",
                   absl::FormatTime(absl::RFC3339_full, end, absl::UTCTimeZone()), "\""));
  Write(TenantYaml("shop", TestKey(1), ", certificate_names: [shop.test]") + limited + issuers);
  AccessControl access(config_, clock_);
  ASSERT_TRUE(access.Reload().value());
  const auto admit = [&](const CallCredentials& credentials) {
    return std::get<Caller>(access.Admit(credentials));
  };
  const std::string claims =
      absl::StrCat(R"({"iss": "id", "aud": "mailstrom", "tenant": "shop", "exp": )",
                   absl::ToUnixSeconds(end), "}");
  const Caller by_key = admit(Bearer(TestKey(1).text));
  const Caller by_limited_key = admit(Bearer(TestKey(2).text));
  const Caller by_token = admit(Bearer(signer.Sign(R"({"alg": "ES256"})", claims)));
  const Caller by_certificate = admit({.certificate_names = {"shop.test"}});
  const auto admitted = [&] {
    return absl::StrCat(access.StillAdmits(by_key), access.StillAdmits(by_limited_key),
                        access.StillAdmits(by_token), access.StillAdmits(by_certificate));
  };
  EXPECT_EQ(admitted(), "1111");
  // Past the half minute that tokens have for clocks that differ.
  clock_.Advance(absl::Hours(1) + absl::Minutes(1));
  EXPECT_EQ(admitted(), "1001");
  Write(TenantYaml("shop", TestKey(3)) + TenantYaml("press", TestKey(4)) + issuers);
  ASSERT_TRUE(access.Reload().value());
  EXPECT_EQ(admitted(), "0000");
  // The key is good, and opens another door.
  Write(TenantYaml("shop", TestKey(3)) + TenantYaml("press", TestKey(1)) + issuers);
  ASSERT_TRUE(access.Reload().value());
  EXPECT_EQ(admitted(), "0000");
  EXPECT_TRUE(AccessControl({}, clock_).StillAdmits(Caller()));
}

TEST_F(AccessControlTest, ATenantsLimitsAreThoseOfTheLastReload) {
  Write(TenantYaml("shop", TestKey(1), ", max_queued_recipients: 5"));
  AccessControl access(config_, clock_);
  ASSERT_TRUE(access.Reload().value());
  const auto shop = std::get<Caller>(access.Admit(Bearer(TestKey(1).text)));
  EXPECT_EQ(access.TenantInForce(shop)->max_queued_recipients, 5);
  Write(TenantYaml("shop", TestKey(1), ", max_queued_recipients: 2"));
  ASSERT_TRUE(access.Reload().value());
  EXPECT_EQ(access.TenantInForce(shop)->max_queued_recipients, 2);
  EXPECT_EQ(access.TenantInForce(Caller()), nullptr);
  Write(TenantYaml("press", TestKey(2)));
  ASSERT_TRUE(access.Reload().value());
  EXPECT_EQ(access.TenantInForce(shop)->max_queued_recipients, 5);
}

TEST_F(AccessControlTest, ARateHoldsForAllOfATenantsCallersAndAcrossReloads) {
  Write(TenantYaml("shop", TestKey(1), ", emails_per_second: 2") + TenantYaml("press", TestKey(2)));
  AccessControl access(config_, clock_);
  ASSERT_TRUE(access.Reload().value());
  const auto shop = std::get<Caller>(access.Admit(Bearer(TestKey(1).text)));
  const auto press = std::get<Caller>(access.Admit(Bearer(TestKey(2).text)));
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(access.MaySend(shop));
    access.CountEmail(shop);
    access.CountEmail(press);
  }
  EXPECT_FALSE(access.MaySend(shop));
  EXPECT_TRUE(access.MaySend(press));
  Write(TenantYaml("press", TestKey(2)) + TenantYaml("shop", TestKey(1), ", emails_per_second: 2"));
  ASSERT_TRUE(access.Reload().value());
  EXPECT_FALSE(access.MaySend(std::get<Caller>(access.Admit(Bearer(TestKey(1).text)))));
  clock_.Advance(absl::Milliseconds(500));
  EXPECT_TRUE(access.MaySend(shop));
}

}  // namespace
}  // namespace mailstrom::server
