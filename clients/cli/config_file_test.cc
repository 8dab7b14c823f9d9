#include "clients/cli/config_file.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace mailstrom::cli {
namespace {

class ConfigFileTest : public testing::Test {
 protected:
  absl::StatusOr<ConnectionDefaults> Read() {
    return ReadDefaults({
        .variable = [this](const std::string& name) { return variables_[name]; },
        .read_file = [this](const std::string& path) -> absl::StatusOr<std::string> {
          if (files_.count(path) == 0) return absl::InvalidArgumentError("cannot read " + path);
          return files_[path];
        },
        .file_mode = [this](const std::string& path) -> absl::StatusOr<int> {
          if (files_.count(path) == 0) return absl::NotFoundError(path);
          return modes_.count(path) > 0 ? modes_[path] : 0600;
        },
    });
  }

  std::map<std::string, std::string> variables_ = {{"HOME", "/home/ann"}};
  std::map<std::string, std::string> files_;
  std::map<std::string, int> modes_;
};

constexpr char kPath[] = "/home/ann/.config/mailstrom/config.yaml";
constexpr char kAll[] =
    "server: file.test:1\n"
    "tls: true\n"
    "ca_file: file-ca.pem\n"
    "certificate_file: file-me.pem\n"
    "private_key_file: file-me.key\n"
    "api_key_file: file-key\n"
    "from: Ann <ann@a.test>\n"
    "timeout: 90s\n";

TEST_F(ConfigFileTest, NoFileIsNoError) {
  const auto defaults = Read();
  ASSERT_TRUE(defaults.ok()) << defaults.status();
  EXPECT_EQ(defaults->server, "127.0.0.1:2626");
  EXPECT_FALSE(defaults->tls);
  EXPECT_EQ(defaults->timeout, "");
}

TEST_F(ConfigFileTest, TheFileSetsAll) {
  files_[kPath] = kAll;
  const auto defaults = Read();
  ASSERT_TRUE(defaults.ok()) << defaults.status();
  EXPECT_EQ(defaults->server, "file.test:1");
  EXPECT_TRUE(defaults->tls);
  EXPECT_EQ(defaults->ca_file, "file-ca.pem");
  EXPECT_EQ(defaults->certificate_file, "file-me.pem");
  EXPECT_EQ(defaults->private_key_file, "file-me.key");
  EXPECT_EQ(defaults->api_key_file, "file-key");
  EXPECT_EQ(defaults->api_key, "");
  EXPECT_EQ(defaults->from, "Ann <ann@a.test>");
  EXPECT_EQ(defaults->timeout, "1m30s");
}

TEST_F(ConfigFileTest, VariablesGoBeforeTheFile) {
  files_[kPath] = kAll;
  variables_["MAILSTROM_SERVER"] = "variable.test:2";
  variables_["MAILSTROM_TLS"] = "false";
  variables_["MAILSTROM_API_KEY"] = "secret";
  variables_["MAILSTROM_FROM"] = "eve@e.test";
  variables_["MAILSTROM_TIMEOUT"] = "5s";
  const auto defaults = Read();
  ASSERT_TRUE(defaults.ok()) << defaults.status();
  EXPECT_EQ(defaults->server, "variable.test:2");
  EXPECT_FALSE(defaults->tls);
  EXPECT_EQ(defaults->api_key, "secret");
  EXPECT_EQ(defaults->api_key_file, "");
  EXPECT_EQ(defaults->from, "eve@e.test");
  EXPECT_EQ(defaults->timeout, "5s");
  EXPECT_EQ(defaults->ca_file, "file-ca.pem");
}

TEST_F(ConfigFileTest, WhereItIs) {
  files_["/x/mailstrom/config.yaml"] = "server: xdg.test:1\n";
  files_["/own.yaml"] = "server: own.test:1\n";
  files_[kPath] = "server: home.test:1\n";
  EXPECT_EQ(Read()->server, "home.test:1");
  variables_["XDG_CONFIG_HOME"] = "relative";
  EXPECT_EQ(Read()->server, "home.test:1");
  variables_["XDG_CONFIG_HOME"] = "/x";
  EXPECT_EQ(Read()->server, "xdg.test:1");
  variables_["MAILSTROM_CONFIG"] = "/own.yaml";
  EXPECT_EQ(Read()->server, "own.test:1");
  variables_["MAILSTROM_CONFIG"] = "/none.yaml";
  EXPECT_EQ(Read().status().message(), "cannot read /none.yaml");
}

TEST_F(ConfigFileTest, AWrongFileIsNamed) {
  files_[kPath] = "server: a.test:1\nsevrer: b.test:1\n";
  EXPECT_TRUE(absl::StartsWith(Read().status().message(), kPath)) << Read().status();
  EXPECT_TRUE(absl::StrContains(Read().status().message(), "sevrer")) << Read().status();
  files_[kPath] = "";
  variables_["MAILSTROM_TLS"] = "perhaps";
  EXPECT_EQ(Read().status().message(), "$MAILSTROM_TLS is `true` or `false`");
}

TEST_F(ConfigFileTest, KeysAreNotForEverybody) {
  const struct {
    std::string yaml;
    std::string open_file;
    bool ok;
  } kCases[] = {
      {"api_key: secret\n", "", true},       {"api_key: secret\n", kPath, false},
      {"server: a.test:1\n", kPath, true},   {"api_key_file: k\n", "k", false},
      {"private_key_file: k\n", "k", false}, {"ca_file: k\n", "k", true},
  };
  files_["k"] = "x";
  for (const auto& test : kCases) {
    files_[kPath] = test.yaml;
    modes_ = {{test.open_file, 0644}};
    const absl::Status status = Read().status();
    EXPECT_EQ(status.ok(), test.ok) << test.yaml << status;
    if (!test.ok) {
      EXPECT_TRUE(absl::StrContains(status.message(), "everybody can read it")) << status;
      EXPECT_FALSE(absl::StrContains(status.message(), "secret")) << status;
    }
    modes_ = {{test.open_file, 0640}};
    EXPECT_TRUE(Read().ok()) << test.yaml;
  }
}

}  // namespace
}  // namespace mailstrom::cli
