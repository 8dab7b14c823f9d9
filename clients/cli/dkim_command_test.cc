#include "clients/cli/dkim_command.h"

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "gtest/gtest.h"
#include "message/dkim_key.h"
#include "message/dkim_record.h"

namespace mailstrom::cli {
namespace {

class DkimCommandTest : public testing::Test {
 protected:
  int Run(const std::vector<std::string>& words) {
    out_.str("");
    err_.str("");
    std::vector<std::string> line = {"dkim"};
    line.insert(line.end(), words.begin(), words.end());
    const Environment environment = {
        .read_file = [this](const std::string& path) -> absl::StatusOr<std::string> {
          if (files_.count(path) == 0) return absl::InvalidArgumentError("cannot read");
          return files_[path];
        },
        .write_secret =
            [this](const std::string& path, const std::string& bytes) {
              return files_.emplace(path, bytes).second ? absl::OkStatus()
                                                        : absl::AlreadyExistsError(path);
            },
        .look_up_txt = [this](const std::string& name, const std::string& server)
            -> absl::StatusOr<std::vector<std::string>> {
          if (server == "down") return absl::UnavailableError("no answer");
          return zone_[name];
        },
        .out = out_,
        .err = err_};
    return static_cast<int>(RunCommandLine(line, environment));
  }

  std::map<std::string, std::string> files_;
  std::map<std::string, std::vector<std::string>> zone_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(DkimCommandTest, MakesAKeyThatDnsThenPublishes) {
  for (const std::string type : {"rsa", "ed25519"}) {
    const std::string file = type + ".pem";
    ASSERT_EQ(Run({"keygen", "--domain=B\u00fccher.example", "--selector", type, "--type", type,
                   "--out", file}),
              0)
        << err_.str();
    const std::string name = type + "._domainkey.xn--bcher-kva.example";
    EXPECT_TRUE(absl::StartsWith(out_.str(), absl::StrCat(name, ". IN TXT ( \"v=DKIM1; k=", type)))
        << out_.str();
    const message::DkimKey key = *message::DkimKey::FromPem(files_[file]);

    const std::vector<std::string> check = {
        "check", "--domain", "b\u00fccher.example", "--selector", type, "--key", file};
    EXPECT_EQ(Run(check), 1);
    EXPECT_TRUE(absl::StrContains(err_.str(), name + ": there is no TXT record")) << err_.str();
    zone_[name] = {message::DkimRecord(key)};
    EXPECT_EQ(Run(check), 0);
    EXPECT_EQ(out_.str(), name + ": publishes the key\n");
    zone_[name].push_back("v=spf1");
    EXPECT_EQ(Run(check), 1);
    zone_[name] = {message::DkimRecord(message::DkimKey::GenerateEd25519())};
    EXPECT_EQ(Run(check), 1);
    EXPECT_TRUE(absl::StrContains(err_.str(), message::DkimRecord(key).substr(0, 60)))
        << err_.str();
  }
}

TEST_F(DkimCommandTest, SpeaksJson) {
  ASSERT_EQ(
      Run({"keygen", "--domain=a.example", "--selector=s", "--type=ed25519", "--out=k", "--json"}),
      0);
  EXPECT_TRUE(absl::StartsWith(
      out_.str(), "{\"name\":\"s._domainkey.a.example\",\"record\":\"v=DKIM1; k=ed25519;"))
      << out_.str();
  const std::vector<std::string> check = {"check", "--domain=a.example", "--selector=s", "--key=k",
                                          "--json"};
  EXPECT_EQ(Run(check), 1);
  EXPECT_TRUE(
      absl::StrContains(out_.str(), "\"ok\":false,\"problems\":[\"there is no TXT record\"],"))
      << out_.str();
  EXPECT_EQ(err_.str(), "");
}

TEST_F(DkimCommandTest, NeverOverwritesAKey) {
  files_["k"] = "old";
  EXPECT_EQ(Run({"keygen", "--domain=a.example", "--selector=s", "--type=ed25519", "--out=k"}), 2);
  EXPECT_EQ(files_["k"], "old");
}

TEST_F(DkimCommandTest, TellsWhenDnsIsSilent) {
  files_["k"] = message::DkimKey::GenerateEd25519().ToPem();
  EXPECT_EQ(Run({"check", "--domain=a.example", "--selector=s", "--key=k", "--dns=down"}), 4);
  EXPECT_EQ(err_.str(), "mailstrom: no answer\n");
}

TEST_F(DkimCommandTest, RefusesWrongWords) {
  files_["bad"] = "no key";
  const std::vector<std::string> cases[] = {
      {},
      {"sign"},
      {"keygen"},
      {"keygen", "--domain=a.example", "--selector=s"},
      {"keygen", "--domain=a.example", "--selector=s", "--out=k", "--bits=512"},
      {"keygen", "--domain=a.example", "--selector=s", "--out=k", "--bits=many"},
      {"keygen", "--domain=a.example", "--selector=s", "--out=k", "--type=dsa"},
      {"keygen", "--domain=a.example", "--selector=s", "--out=k", "--type=ed25519", "--bits=2048"},
      {"keygen", "--domain=a..b", "--selector=s", "--out=k"},
      {"keygen", "--domain=a.example", "--selector=-", "--out=k"},
      {"keygen", "--domain=a.example", "--selector=s", "--out=k", "more"},
      {"keygen", "--domain=a.example", "--selector=s", "--out=k", "--key=x"},
      {"check", "--domain=a.example", "--selector=s", "--key=none"},
      {"check", "--domain=a.example", "--selector=s", "--key=bad"},
  };
  for (const std::vector<std::string>& words : cases) {
    EXPECT_EQ(Run(words), 2) << testing::PrintToString(words);
    EXPECT_EQ(out_.str(), "");
    EXPECT_NE(err_.str(), "");
  }
  EXPECT_EQ(files_.count("k"), 0);
  EXPECT_EQ(Run({"--help"}), 0);
  EXPECT_EQ(Run({"check", "--help"}), 0);
}

}  // namespace
}  // namespace mailstrom::cli
