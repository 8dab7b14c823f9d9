#include "delivery/smtp/auth.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mailstrom::delivery::smtp {
namespace {

const Credentials kPassword = {"tim", "tanstaaftanstaaf", "", false};
const Credentials kToken = {"tim@x.test", "unused", "ya29.token", false};

TEST(AuthTest, ChoosesTheBestOffered) {
  struct Case {
    Credentials credentials;
    std::vector<std::string> offered;
    bool encrypted;
    std::string want;
  };
  const Case kCases[] = {
      {kPassword, {"LOGIN", "PLAIN", "CRAM-MD5"}, true, "PLAIN"},
      {kPassword, {"CRAM-MD5", "LOGIN"}, true, "LOGIN"},
      {kPassword, {"CRAM-MD5"}, true, "CRAM-MD5"},
      {kPassword, {"LOGIN", "PLAIN", "CRAM-MD5"}, false, "CRAM-MD5"},
      {kPassword, {"LOGIN", "PLAIN"}, false, "PLAIN"},
      {kPassword, {"GSSAPI", "XOAUTH2"}, true, ""},
      {kPassword, {}, true, ""},
      {kToken, {"PLAIN", "XOAUTH2"}, true, "XOAUTH2"},
      {kToken, {"PLAIN"}, true, ""},
  };
  for (const Case& c : kCases) {
    const auto mechanism = ChooseMechanism(c.credentials, c.offered, c.encrypted);
    EXPECT_EQ(mechanism == nullptr ? "" : std::string(mechanism->name()), c.want);
  }
}

TEST(AuthTest, Plain) {
  const auto plain = ChooseMechanism(kPassword, {"PLAIN"}, true);
  EXPECT_EQ(plain->InitialResponse(), std::string("\0tim\0tanstaaftanstaaf", 21));
  EXPECT_FALSE(plain->Respond("").ok());
}

TEST(AuthTest, Login) {
  const auto login = ChooseMechanism(kPassword, {"LOGIN"}, true);
  EXPECT_EQ(login->InitialResponse(), std::nullopt);
  EXPECT_EQ(*login->Respond("Username:"), "tim");
  EXPECT_EQ(*login->Respond("Password:"), "tanstaaftanstaaf");
  EXPECT_FALSE(login->Respond("More:").ok());
}

// The example of RFC 2195 §2.
TEST(AuthTest, CramMd5) {
  const auto cram = ChooseMechanism(kPassword, {"CRAM-MD5"}, false);
  EXPECT_EQ(cram->InitialResponse(), std::nullopt);
  EXPECT_EQ(*cram->Respond("<1896.697170952@postoffice.reston.mci.net>"),
            "tim b913a602c7eda7a495b4e6e7334d3890");
  EXPECT_FALSE(cram->Respond("").ok());
}

TEST(AuthTest, Xoauth2) {
  const auto xoauth2 = ChooseMechanism(kToken, {"XOAUTH2"}, true);
  EXPECT_EQ(xoauth2->InitialResponse(), "user=tim@x.test\1auth=Bearer ya29.token\1\1");
  EXPECT_EQ(*xoauth2->Respond("{\"status\":\"401\"}"), "");
  EXPECT_FALSE(xoauth2->Respond("").ok());
}

}  // namespace
}  // namespace mailstrom::delivery::smtp
