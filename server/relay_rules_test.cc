#include "server/relay_rules.h"

#include <cstdio>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config.h"

namespace mailstrom::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RelayRulesTest : public ::testing::Test {
 protected:
  RelayRulesTest() : path_(::testing::TempDir() + "/secret") { std::remove(path_.c_str()); }

  void WriteSecret(const std::string& text) { std::ofstream(path_) << text; }

  // `delivery` is the text below that key, in flow style.
  static absl::StatusOr<std::vector<delivery::RelayRule>> Make(const std::string& delivery) {
    const auto config = ParseConfig("store: {memory: {}}\ndelivery: " + delivery,
                                    {.system_host_name = "mail.example.com", .listen_address = ""});
    if (!config.ok()) return config.status();
    return MakeRelayRules(config->delivery(), MakeSourcePools(config->delivery()));
  }

  const std::string path_;
};

TEST_F(RelayRulesTest, OneLineSendsEverythingToOneHost) {
  const auto rules = Make("{relay: \"smtp.example.com:587\"}");
  ASSERT_TRUE(rules.ok()) << rules.status();
  ASSERT_EQ(rules->size(), 1);
  const delivery::RelayRule& rule = rules->front();
  EXPECT_THAT(rule.hosts, ElementsAre("smtp.example.com"));
  EXPECT_EQ(rule.changes.port, 587);
  EXPECT_THAT(rule.sender_domains, IsEmpty());
  EXPECT_THAT(rule.recipient_domains, IsEmpty());
  EXPECT_EQ(rule.changes.tls, std::nullopt);
  EXPECT_FALSE(rule.credentials.has_value());
}

TEST_F(RelayRulesTest, CredentialsComeFromAFileAndWantVerifiedTls) {
  WriteSecret("open sesame\r\n");
  const auto rules = Make(
      "{relays: [{hosts: [smtp.example.com], sender_domains: [a.test, <>], "
      "credentials: {username: ann, password_file: " +
      path_ + "}}]}");
  ASSERT_TRUE(rules.ok()) << rules.status();
  const delivery::RelayRule& rule = rules->front();
  EXPECT_EQ(rule.name, "smtp.example.com");
  EXPECT_THAT(rule.sender_domains, ElementsAre("a.test", "<>"));
  EXPECT_EQ(rule.changes.tls, delivery::smtp::TlsMode::kVerify);
  ASSERT_TRUE(rule.credentials.has_value());
  EXPECT_EQ(rule.credentials->username, "ann");
  EXPECT_EQ(rule.credentials->password, "open sesame");
  EXPECT_FALSE(rule.credentials->allow_unverified);
}

TEST_F(RelayRulesTest, TokenInsteadOfPassword) {
  WriteSecret("ya29.token\n");
  const auto rules = Make(
      "{relays: [{hosts: [a.test], tls: TLS_MODE_REQUIRE, credentials: {username: "
      "ann, allow_unverified: true, access_token_file: " +
      path_ + "}}]}");
  ASSERT_TRUE(rules.ok()) << rules.status();
  EXPECT_EQ(rules->front().credentials->access_token, "ya29.token");
  EXPECT_TRUE(rules->front().credentials->allow_unverified);
  EXPECT_EQ(rules->front().changes.tls, delivery::smtp::TlsMode::kRequire);
}

TEST_F(RelayRulesTest, TheOneLineTakesWhatNoOtherTakes) {
  const auto rules = Make(
      "{relay: rest.test, relays: [{hosts: [a.test], port: 2525, "
      "recipient_domains: [\"*.b.test\"]}, {recipient_domains: [c.test]}]}");
  ASSERT_TRUE(rules.ok()) << rules.status();
  ASSERT_EQ(rules->size(), 3);
  EXPECT_EQ((*rules)[0].changes.port, 2525);
  EXPECT_THAT((*rules)[1].hosts, IsEmpty());
  EXPECT_THAT((*rules)[2].hosts, ElementsAre("rest.test"));
}

TEST_F(RelayRulesTest, ASecretThatIsMissingOrEmptyIsNamed) {
  const std::string relays =
      "{relays: [{hosts: [a.test], credentials: {username: ann, "
      "password_file: " +
      path_ + "}}]}";
  EXPECT_THAT(std::string(Make(relays).status().message()),
              HasSubstr("delivery.relays[0].credentials.password_file: " + path_));
  WriteSecret("\n");
  EXPECT_THAT(std::string(Make(relays).status().message()), HasSubstr("is empty"));
}

TEST_F(RelayRulesTest, WrongSettingsAreToldByPath) {
  const struct Case {
    std::string delivery;
    std::string error;
  } kCases[] = {
      {"{relay: \"a.test:smtp\"}", "delivery.relay: expected host"},
      {"{relays: [{hosts: [a b]}]}", "delivery.relays[0].hosts: \"a b\" is no host"},
      {"{relays: [{hosts: [a.test], port: 0}]}", "delivery.relays[0].port"},
      {"{relays: [{sender_domains: [\"*\"]}]}", "delivery.relays[0].sender_domains"},
      {"{relays: [{recipient_domains: [<>]}]}", "delivery.relays[0].recipient_domains"},
      {"{relays: [{credentials: {password_file: /x}}]}", "credentials.username: is required"},
      {"{relays: [{credentials: {username: a}}]}", "either password_file or"},
      {"{relays: [{credentials: {username: a, password_file: /x, access_token_file: /x}}]}",
       "either password_file or"},
      {"{relays: [{tls: TLS_MODE_REQUIRE, credentials: {username: a, password_file: /x}}]}",
       "TLS_MODE_VERIFY only"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.delivery);
    EXPECT_THAT(std::string(Make(c.delivery).status().message()), HasSubstr(c.error));
  }
}

}  // namespace
}  // namespace mailstrom::server
