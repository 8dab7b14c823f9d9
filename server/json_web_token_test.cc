#include "server/json_web_token.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "openssl/hmac.h"
#include "server/test_token_signer.h"

namespace mailstrom::server {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kNow = 1'700'000'000;
constexpr char kRs256[] = R"({"alg": "RS256", "kid": "a"})";
constexpr char kEs256[] = R"({"alg": "ES256", "kid": "b"})";

std::string Claims(const std::string& more = "") {
  return absl::StrCat(R"({"iss": "https://id.test", "aud": "mailstrom", "exp": )", kNow + 60, more,
                      "}");
}

class JsonWebTokenTest : public ::testing::Test {
 protected:
  JsonWebTokenTest() {
    issuer_.set_issuer("https://id.test");
    issuer_.set_audience("mailstrom");
  }

  absl::Status Check(const std::string& token, int64_t now = kNow) const {
    const absl::StatusOr<JsonWebToken> parsed = ParseToken(token);
    if (!parsed.ok()) return parsed.status();
    return CheckToken(*parsed, keys_, issuer_, absl::FromUnixSeconds(now));
  }

  void ExpectRefused(const std::string& token, const char* problem) const {
    const absl::Status status = Check(token);
    EXPECT_TRUE(absl::IsUnauthenticated(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(problem));
  }

  const TestTokenSigner rsa_ = TestTokenSigner::Rsa();
  const TestTokenSigner ec_ = TestTokenSigner::P256();
  const JsonWebKeys keys_ = *JsonWebKeys::Parse(Jwks(rsa_.Jwk("a") + "," + ec_.Jwk("b")));
  config::v1::TokenIssuerConfig issuer_;
};

TEST_F(JsonWebTokenTest, BothAlgorithmsAreGood) {
  EXPECT_EQ(Check(rsa_.Sign(kRs256, Claims())), absl::OkStatus());
  EXPECT_EQ(Check(ec_.Sign(kEs256, Claims())), absl::OkStatus());
  // Without a key id, whichever fits.
  EXPECT_EQ(Check(ec_.Sign(R"({"alg": "ES256"})", Claims())), absl::OkStatus());
}

TEST_F(JsonWebTokenTest, TheExampleOfTheRfcVerifies) {
  // RFC 7515 §A.3.
  const JsonWebKeys keys = *JsonWebKeys::Parse(
      Jwks(R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
           R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})"));
  const absl::StatusOr<JsonWebToken> token = ParseToken(
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
      "LmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISl"
      "SApmWQxfKTUJqPP3-Kg6NU1Q");
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_TRUE(keys.Verify(token->algorithm, token->key_id, token->signed_text, token->signature));
}

TEST_F(JsonWebTokenTest, NoAlgorithmIsTakenFromTheToken) {
  const char kUnsigned[] = "has no signature by one of its issuer's keys";
  for (const char* header : {R"({"alg": "none"})", R"({"alg": "None"})", R"({"alg": ""})", "{}",
                             R"({"alg": "RS256"})", R"({"alg": "ES256"})"}) {
    ExpectRefused(UnsignedToken(header, Claims()), kUnsigned);
  }
  // The public key as the secret of a MAC.
  const std::string jwk = rsa_.Jwk("a");
  for (const char* header : {R"({"alg": "HS256"})", R"({"alg": "RS256"})"}) {
    const std::string token = UnsignedToken(header, Claims());
    const std::string text = token.substr(0, token.rfind('.'));
    std::string mac(32, '\0');
    HMAC(EVP_sha256(), jwk.data(), jwk.size(), reinterpret_cast<const uint8_t*>(text.data()),
         text.size(), reinterpret_cast<uint8_t*>(mac.data()), nullptr);
    ExpectRefused(UnsignedToken(header, Claims(), mac), kUnsigned);
  }
  // A key counts for its own algorithm and id only.
  ExpectRefused(rsa_.Sign(R"({"alg": "RS512", "kid": "a"})", Claims()), kUnsigned);
  ExpectRefused(rsa_.Sign(R"({"alg": "ES256", "kid": "a"})", Claims()), kUnsigned);
  ExpectRefused(rsa_.Sign(R"({"alg": "RS256", "kid": "b"})", Claims()), kUnsigned);
  ExpectRefused(TestTokenSigner::Rsa().Sign(kRs256, Claims()), kUnsigned);
  ExpectRefused(TestTokenSigner::P256().Sign(kEs256, Claims()), kUnsigned);
  ExpectRefused(UnsignedToken(kEs256, Claims(), std::string(64, '\0')), kUnsigned);
}

TEST_F(JsonWebTokenTest, WhatIsSignedCannotBeChanged) {
  for (const bool is_rsa : {true, false}) {
    const std::string token = is_rsa ? rsa_.Sign(kRs256, Claims()) : ec_.Sign(kEs256, Claims());
    const std::string header = token.substr(0, token.find('.'));
    const std::string signature = token.substr(token.rfind('.'));
    const std::string other = UnsignedToken("", Claims(R"(, "tenant": "press")"));
    const std::string payload = other.substr(1, other.rfind('.') - 1);
    ExpectRefused(absl::StrCat(header, ".", payload, signature), "no signature");
  }
}

TEST_F(JsonWebTokenTest, ClaimsAreForThisServerAndThisTime) {
  const auto sign = [&](const std::string& claims) { return ec_.Sign(kEs256, claims); };
  ExpectRefused(sign(R"({"aud": "mailstrom", "exp": 1800000000})"), "of another issuer");
  ExpectRefused(sign(R"({"iss": "https://id.test", "exp": 1800000000})"), "another audience");
  ExpectRefused(sign(R"({"iss": "https://id.test", "aud": ["x", "y"], "exp": 1800000000})"),
                "another audience");
  ExpectRefused(sign(R"({"iss": "https://id.test", "aud": "mailstrom"})"), "no time `exp`");
  for (const char* time : {R"("1800000000")", "-1", "1e300", "null"}) {
    ExpectRefused(
        sign(absl::StrCat(R"({"iss": "https://id.test", "aud": "mailstrom", "exp": )", time, "}")),
        "no time `exp`");
  }
  EXPECT_EQ(Check(sign(R"({"iss": "https://id.test", "aud": ["x", "mailstrom"], "exp": 1.8e9})")),
            absl::OkStatus());
}

TEST_F(JsonWebTokenTest, TimesAreHeldUpToTheLeeway) {
  const std::string token = ec_.Sign(kEs256, Claims(absl::StrCat(", \"nbf\": ", kNow - 60)));
  EXPECT_EQ(Check(token, kNow + 89), absl::OkStatus());
  EXPECT_THAT(std::string(Check(token, kNow + 90).message()), HasSubstr("has expired"));
  EXPECT_EQ(Check(token, kNow - 90), absl::OkStatus());
  EXPECT_THAT(std::string(Check(token, kNow - 91).message()), HasSubstr("is not good yet"));
  ExpectRefused(ec_.Sign(kEs256, Claims(R"(, "nbf": "soon")")), "is not good yet");
}

TEST_F(JsonWebTokenTest, WhatIsNoTokenIsRefused) {
  const std::string good = ec_.Sign(kEs256, Claims());
  for (const std::string& token :
       {std::string(), std::string(".."), good + "=", good + ".", "." + good,
        good.substr(good.find('.')), UnsignedToken("[]", "{}"), UnsignedToken("{}", "1"),
        UnsignedToken(R"({"alg": "ES256", "alg": "none"})", "{}"),
        UnsignedToken("{}", std::string(4000, '[')), good.substr(0, good.size() - 4) + "\xff**"}) {
    EXPECT_TRUE(absl::IsUnauthenticated(Check(token))) << token;
  }
  ExpectRefused(UnsignedToken("{}", std::string(8000, ' ')), "longer than 8 KiB");
  ExpectRefused(ec_.Sign(R"({"alg": "ES256", "crit": ["b64"], "b64": false})", Claims()),
                "critical extensions");
}

TEST_F(JsonWebTokenTest, ScopesAreWords) {
  const absl::StatusOr<JsonWebToken> token =
      ParseToken(UnsignedToken("{}", R"({"scope": "read mailstrom.admin"})"));
  ASSERT_TRUE(token.ok());
  EXPECT_TRUE(HasScope(*token, "mailstrom.admin"));
  EXPECT_FALSE(HasScope(*token, "admin"));
  EXPECT_FALSE(HasScope(*ParseToken(UnsignedToken("{}", "{}")), "mailstrom.admin"));
}

TEST(JsonWebKeysTest, OnlyKeysThatCanBeUsedCount) {
  const TestTokenSigner ec = TestTokenSigner::P256();
  const std::string off_curve = R"({"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"})";
  const std::string secret = R"({"kty": "oct", "k": "c2VjcmV0"})";
  for (const std::string& keys :
       {std::string(), secret, off_curve,
        std::string(R"({"kty": "RSA", "n": "AQAB", "e": "AQAB"})"),
        TestTokenSigner::Rsa(1024).Jwk("a"), ec.Jwk("a", R"(, "use": "enc")"),
        ec.Jwk("a", R"(, "alg": "ES512")"), std::string("1")}) {
    EXPECT_TRUE(absl::IsInvalidArgument(JsonWebKeys::Parse(Jwks(keys)).status())) << keys;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(JsonWebKeys::Parse("").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(JsonWebKeys::Parse("{}").status()));
  // What cannot be used is no obstacle to the rest.
  EXPECT_TRUE(JsonWebKeys::Parse(Jwks(secret + "," + off_curve + "," +
                                      ec.Jwk("a", R"(, "use": "sig", "alg": "ES256")")))
                  .ok());
  std::string many = secret;
  for (int i = 0; i < 100; ++i) many += "," + secret;
  EXPECT_THAT(std::string(JsonWebKeys::Parse(Jwks(many)).status().message()),
              HasSubstr("more than 100 keys"));
}

}  // namespace
}  // namespace mailstrom::server
