#include "server/access_table.h"

#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/tenant_credentials.h"
#include "server/test_token_signer.h"

namespace mailstrom::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

absl::StatusOr<std::shared_ptr<const AccessTable>> Parse(
    const std::string& yaml, const std::map<std::string, std::string>& files = {}) {
  return AccessTable::Parse(yaml, [&](const std::string& path) -> absl::StatusOr<std::string> {
    const auto found = files.find(path);
    if (found == files.end()) return absl::NotFoundError(path + ": no such file");
    return found->second;
  });
}

TEST(AccessTableTest, KeysAndCertificatesLeadToTheirTenants) {
  const auto table =
      Parse(absl::StrCat("tenants:\n"
                         "- {name: shop, keys: [",
                         KeyYaml(TestKey(1)), ", ", KeyYaml(TestKey(2)),
                         "], certificate_names: [shop.test]}\n"
                         "- {name: press, keys: [",
                         KeyYaml(TestKey(3)), "], certificate_names: [press.test, news.test]}\n"));
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->FindKey(TestKey(1).text, kNow)->tenant->name, "shop");
  EXPECT_EQ((*table)->FindKey(TestKey(2).text, kNow)->tenant->name, "shop");
  EXPECT_EQ((*table)->FindKey(TestKey(3).text, kNow)->tenant->name, "press");
  EXPECT_EQ((*table)->FindCertificate({"x.test", "news.test"})->tenant->name, "press");
  EXPECT_EQ((*table)->FindCertificate({"press.test", "news.test"})->name, "press.test");
  EXPECT_EQ((*table)->FindCertificate({"x.test"}), std::nullopt);
  EXPECT_EQ((*table)->FindCertificate({"shop.test", "news.test"}), std::nullopt);
}

TEST(AccessTableTest, AdministratorsAreNoTenants) {
  const auto table =
      Parse(absl::StrCat("tenants: [{name: shop, keys: [", KeyYaml(TestKey(1)),
                         "]}]\n"
                         "administrators: {keys: [",
                         KeyYaml(TestKey(2)), "], certificate_names: [ops.test]}\n"));
  ASSERT_TRUE(table.ok()) << table.status();
  const Caller by_key = {.is_administrator = true, .name = TestKey(2).id};
  EXPECT_EQ(*(*table)->FindKey(TestKey(2).text, kNow), by_key);
  const Caller by_certificate = {.is_administrator = true, .name = "ops.test"};
  EXPECT_EQ((*table)->FindCertificate({"x.test", "ops.test"}), by_certificate);
  EXPECT_FALSE((*table)->FindKey(TestKey(1).text, kNow)->is_administrator);
}

class TokenTest : public ::testing::Test {
 protected:
  TokenTest() {
    const auto table = Parse(
        "tenants: [{name: shop}, {name: press}]\n"
        "token_issuers:\n"
        "- {issuer: one, audience: mailstrom, jwks_file: one.json, administrator_scope: admin}\n"
        "- {issuer: two, audience: mailstrom, jwks_file: two.json, tenant_claim: org,\n"
        "   tenants: [press]}\n",
        {{"one.json", Jwks(one_.Jwk("k"))}, {"two.json", Jwks(two_.Jwk("k"))}});
    EXPECT_TRUE(table.ok()) << table.status();
    table_ = *table;
  }

  absl::StatusOr<Caller> Find(const TestTokenSigner& signer, const std::string& issuer,
                              const std::string& claims) const {
    const std::string token =
        signer.Sign(R"({"alg": "ES256", "kid": "k"})",
                    absl::StrCat(R"({"iss": ")", issuer, R"(", "aud": "mailstrom", "exp": )",
                                 absl::ToUnixSeconds(kNow) + 60, ", ", claims, "}"));
    return table_->FindToken(token, kNow);
  }

  // The tenant, or why there is none.
  std::string Who(const TestTokenSigner& signer, const std::string& issuer,
                  const std::string& claims) const {
    const absl::StatusOr<Caller> caller = Find(signer, issuer, claims);
    if (!caller.ok()) return std::string(caller.status().message());
    if (caller->is_administrator) return "administrator";
    return caller->tenant->name;
  }

  const TestTokenSigner one_ = TestTokenSigner::P256();
  const TestTokenSigner two_ = TestTokenSigner::P256();
  std::shared_ptr<const AccessTable> table_;
};

TEST_F(TokenTest, ATokenLeadsToItsTenant) {
  EXPECT_EQ(Who(one_, "one", R"("tenant": "shop")"), "shop");
  EXPECT_EQ(Who(one_, "one", R"("tenant": "press", "scope": "read")"), "press");
  EXPECT_EQ(Who(two_, "two", R"("org": "press")"), "press");
  EXPECT_THAT(Who(one_, "one", R"("tenant": "nobody")"), HasSubstr("names no tenant"));
  EXPECT_THAT(Who(one_, "one", R"("tenant": ["shop"])"), HasSubstr("names no tenant"));
  EXPECT_THAT(Who(two_, "two", R"("tenant": "press")"), HasSubstr("claim org names no tenant"));
}

TEST_F(TokenTest, AnIssuerVouchesForItsOwnOnly) {
  EXPECT_THAT(Who(two_, "two", R"("org": "shop")"), HasSubstr("names no tenant of its issuer"));
  EXPECT_THAT(Who(two_, "one", R"("tenant": "shop")"), HasSubstr("has no signature"));
  EXPECT_THAT(Who(one_, "three", R"("tenant": "shop")"), HasSubstr("not known here"));
}

TEST_F(TokenTest, AScopeMakesAnAdministratorWhereItIsConfigured) {
  EXPECT_EQ(Who(one_, "one", R"("scope": "read admin")"), "administrator");
  EXPECT_EQ(Who(two_, "two", R"("org": "press", "scope": "admin")"), "press");
  EXPECT_THAT(Who(two_, "two", R"("scope": "")"), HasSubstr("names no tenant"));
}

TEST_F(TokenTest, TheSubjectIsTheCallersName) {
  const auto name = [&](const std::string& subject) {
    return Find(one_, "one", absl::StrCat(R"("scope": "admin", "sub": ")", subject, R"(")"))->name;
  };
  EXPECT_EQ(name("anna"), "anna");
  EXPECT_EQ(name(std::string(255, 'x')), std::string(255, 'x'));
  EXPECT_EQ(name(std::string(256, 'x')), "one");
  EXPECT_EQ(name(""), "one");
  EXPECT_EQ(Find(two_, "two", R"("org": "press", "sub": 7)")->name, "two");
}

TEST(AccessTableTest, WrongKeysAreAllToldTheSame) {
  const auto table =
      Parse(absl::StrCat("tenants: [{name: shop, keys: [", KeyYaml(TestKey(1)), "]}]"));
  ASSERT_TRUE(table.ok()) << table.status();
  std::string right_id = TestKey(1).text;
  right_id.back() = 'x';
  const absl::Status wrong = (*table)->FindKey(right_id, kNow).status();
  EXPECT_TRUE(absl::IsUnauthenticated(wrong)) << wrong;
  EXPECT_EQ((*table)->FindKey(TestKey(2).text, kNow).status(), wrong);
  EXPECT_TRUE(absl::IsUnauthenticated((*table)->FindKey("", kNow).status()));
}

TEST(AccessTableTest, AKeyIsGoodUntilItExpires) {
  const auto table =
      Parse(absl::StrCat("tenants: [{name: shop, keys: [",
                         KeyYaml(TestKey(1), ", expire_time: \"2023-11-14T22:13:20Z\""), "]}]"));
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_TRUE((*table)->FindKey(TestKey(1).text, kNow - absl::Nanoseconds(1)).ok());
  const absl::Status expired = (*table)->FindKey(TestKey(1).text, kNow).status();
  EXPECT_TRUE(absl::IsUnauthenticated(expired));
  EXPECT_THAT(std::string(expired.message()), HasSubstr("has expired"));
}

TEST(AccessTableTest, DomainsHoldForExactlyWhatTheySay) {
  const auto table = Parse(
      "tenants: [{name: a, from_domains: [Example.COM, \"*.News.test\", b\xc3\xbc"
      "cher.test]}, {name: b}]");
  ASSERT_TRUE(table.ok()) << table.status();
  const Tenant& tenant = *(*table)->tenants()[0];
  for (const char* domain : {"example.com", "a.news.test", "a.b.news.test", "xn--bcher-kva.test"}) {
    EXPECT_TRUE(tenant.MaySendFrom(domain)) << domain;
  }
  for (const char* domain : {"", "news.test", ".news.test", "xnews.test", "a.example.com",
                             "example.com.evil.test", "[192.0.2.1]"}) {
    EXPECT_FALSE(tenant.MaySendFrom(domain)) << domain;
  }
  EXPECT_TRUE((*table)->tenants()[1]->MaySendFrom("anything.test"));
}

TEST(AccessTableTest, TheDefaultTenantHasWhatBelongsToNobody) {
  EXPECT_EQ(Tenant{.name = "default"}.id(), "");
  EXPECT_EQ(Tenant{.name = "shop"}.id(), "shop");
}

TEST(AccessTableTest, WhatIsWrongIsNamed) {
  struct Case {
    const char* name;
    std::string yaml;
    const char* error;
  };
  const std::string hash(64, 'a');
  const Case kCases[] = {
      {"nobody", "tenants: []", "tenants: is required"},
      {"unknown field", "tenants: [{nam: a}]", "unknown field"},
      {"bad name", "tenants: [{name: \"Shop 1\"}]", "tenants[0].name: is no name"},
      {"two of a name", "tenants: [{name: a}, {name: a}]", "tenants[1].name: is that of another"},
      {"no id", "tenants: [{name: a, keys: [{sha256: " + hash + "}]}]",
       "tenants[0].keys[0].id: is required"},
      {"two of an id",
       "tenants: [{name: a, keys: [{id: k, sha256: " + hash + "}, {id: k, sha256: " + hash + "}]}]",
       "tenants[0].keys[1].id: is that of another key"},
      {"the key itself", "tenants: [{name: a, keys: [{id: k, sha256: " + TestKey(1).text + "}]}]",
       "tenants[0].keys[0].sha256: is not the SHA-256"},
      {"not hexadecimal", "tenants: [{name: a, keys: [{id: k, sha256: g" + hash.substr(1) + "}]}]",
       "tenants[0].keys[0].sha256: is not the SHA-256"},
      {"bad time", "tenants: [{name: a, keys: [{id: k, expire_time: soon, sha256: " + hash + "}]}]",
       "tenants[0].keys[0].expire_time: is no time"},
      {"bad domain", "tenants: [{name: a, from_domains: [\"a@b\"]}]", "\"a@b\" is no domain"},
      {"bad rate", "tenants: [{name: a, emails_per_second: -1}]", "emails_per_second"},
      {"bad size", "tenants: [{name: a, max_message_bytes: 0}]", "max_message_bytes"},
      {"bad share", "tenants: [{name: a, max_queued_recipients: 0}]", "max_queued_recipients"},
      {"issuer without anything", "tenants: [{name: a}]\ntoken_issuers: [{}]",
       "token_issuers[0].issuer: is required\ntoken_issuers[0].audience: is required\n"
       "token_issuers[0].jwks_file: is required"},
      {"issuer of nobody",
       "tenants: [{name: a}]\ntoken_issuers: [{issuer: i, audience: a, jwks_file: f, tenants: "
       "[b]}]",
       "token_issuers[0].tenants: \"b\" is no tenant\ntoken_issuers[0].jwks_file: f: no such file"},
      {"one certificate of two",
       "tenants: [{name: a, certificate_names: [x]}, {name: b, certificate_names: [x]}]",
       "tenants[1].certificate_names: \"x\""},
      {"an administrator's key that is a tenant's",
       "tenants: [{name: a, keys: [{id: k, sha256: " + hash +
           "}]}]\nadministrators: {keys: [{id: k, sha256: " + hash + "}]}",
       "administrators.keys[0].id: is that of another key"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto table = Parse(c.yaml);
    EXPECT_TRUE(absl::IsInvalidArgument(table.status()));
    EXPECT_THAT(std::string(table.status().message()), HasSubstr(c.error));
    EXPECT_THAT(std::string(table.status().message()), Not(HasSubstr(TestKey(1).text)));
  }
}

}  // namespace
}  // namespace mailstrom::server
