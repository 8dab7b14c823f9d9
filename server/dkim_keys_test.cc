#include "server/dkim_keys.h"

#include <cstdlib>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailstrom::server {
namespace {

using ::testing::HasSubstr;

class DkimKeysTest : public ::testing::Test {
 protected:
  DkimKeysTest() : path_(::testing::TempDir() + "/dkim.pem") {
    config::v1::DkimKeyConfig& key = *config_.add_keys();
    key.set_domain("sender.test");
    key.set_selector("s1");
    key.set_private_key_file(path_);
  }

  void Write(const std::string& text) { std::ofstream(path_) << text; }

  static std::string PublicKeyOf(const DkimKeys& keys) {
    const message::DkimDomainKeys* found = keys.ring()->Find("sender.test");
    return found == nullptr ? "" : found->keys.at(0).key.PublicKey();
  }

  const std::string path_;
  config::v1::DkimConfig config_;
};

TEST_F(DkimKeysTest, ReloadTakesAChangedFile) {
  const message::DkimKey first = message::DkimKey::GenerateEd25519();
  const message::DkimKey second = message::DkimKey::GenerateEd25519();
  DkimKeys keys(config_);
  Write(first.ToPem());
  EXPECT_TRUE(*keys.Reload());
  EXPECT_EQ(PublicKeyOf(keys), first.PublicKey());
  EXPECT_FALSE(*keys.Reload());
  Write(second.ToPem());
  EXPECT_TRUE(*keys.Reload());
  EXPECT_EQ(PublicKeyOf(keys), second.PublicKey());
}

TEST_F(DkimKeysTest, ABrokenFileIsNamedAndTheOldKeyStays) {
  const message::DkimKey key = message::DkimKey::GenerateEd25519();
  DkimKeys keys(config_);
  Write(key.ToPem());
  ASSERT_TRUE(keys.Reload().ok());
  Write("not a key");
  EXPECT_THAT(std::string(keys.Reload().status().message()),
              HasSubstr("dkim.keys[0] (" + path_ + ")"));
  EXPECT_EQ(PublicKeyOf(keys), key.PublicKey());
  std::remove(path_.c_str());
  EXPECT_THAT(std::string(keys.Reload().status().message()), HasSubstr(path_));
  EXPECT_EQ(PublicKeyOf(keys), key.PublicKey());
}

TEST_F(DkimKeysTest, AnotherListTakesThePlaceOfTheFirstAsAWhole) {
  const message::DkimKey key = message::DkimKey::GenerateEd25519();
  DkimKeys keys(config_);
  Write(key.ToPem());
  ASSERT_TRUE(keys.Reload().ok());
  config::v1::DkimConfig other = config_;
  other.mutable_keys(0)->set_domain("other.test");
  config::v1::DkimConfig broken = other;
  broken.add_keys()->set_private_key_file("/no/such/file");
  EXPECT_THAT(std::string(keys.Replace(broken).message()), HasSubstr("dkim.keys[1]"));
  EXPECT_EQ(PublicKeyOf(keys), key.PublicKey());
  ASSERT_TRUE(keys.Replace(other).ok());
  EXPECT_EQ(PublicKeyOf(keys), "");
  EXPECT_NE(keys.ring()->Find("other.test"), nullptr);
  // The files of the new list are those looked at from now on.
  Write(message::DkimKey::GenerateEd25519().ToPem());
  EXPECT_TRUE(*keys.Reload());
  EXPECT_EQ(PublicKeyOf(keys), "");
}

}  // namespace
}  // namespace mailstrom::server
