#include "clients/cli/key_command.h"

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/api_key.h"
#include "clients/cli/commands.h"
#include "gtest/gtest.h"

namespace mailstrom::cli {
namespace {

// What the server's access file has of a key.
std::string Entry(absl::string_view key) {
  return absl::StrCat("- {id: \"", *ApiKeyId(key), "\", sha256: \"",
                      absl::BytesToHexString(HashApiKey(key)), "\"}\n");
}

class KeyCommandTest : public ::testing::Test {
 protected:
  int Run(const std::vector<std::string>& options) {
    out_.str("");
    std::vector<std::string> line = {"key", "new"};
    line.insert(line.end(), options.begin(), options.end());
    const Environment environment = {
        .read_file = {},
        .write_secret =
            [this](const std::string& path, const std::string& bytes) {
              return files_.emplace(path, bytes).second
                         ? absl::OkStatus()
                         : absl::AlreadyExistsError("there is one already");
            },
        .out = out_,
        .err = err_};
    return static_cast<int>(RunCommandLine(line, environment));
  }

  std::map<std::string, std::string> files_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(KeyCommandTest, PrintsTheKeyAndWhatTheServerKeepsOfIt) {
  ASSERT_EQ(Run({}), 0) << err_.str();
  const std::string out = out_.str();
  const std::string key = out.substr(0, out.find('\n'));
  ASSERT_TRUE(ApiKeyId(key).has_value()) << out;
  EXPECT_EQ(out, key + "\n" + Entry(key));
  ASSERT_EQ(Run({}), 0);
  EXPECT_EQ(out_.str().find(key), std::string::npos) << "each one is another";
}

TEST_F(KeyCommandTest, AFileKeepsTheKeyOffTheTerminal) {
  ASSERT_EQ(Run({"--out=key"}), 0) << err_.str();
  const std::string key = files_["key"].substr(0, files_["key"].find('\n'));
  EXPECT_EQ(files_["key"], key + "\n");
  EXPECT_EQ(out_.str(), Entry(key));
}

TEST_F(KeyCommandTest, JsonHasTheSame) {
  ASSERT_EQ(Run({"--out=key", "--json"}), 0) << err_.str();
  const std::string key = files_["key"].substr(0, files_["key"].find('\n'));
  EXPECT_NE(out_.str().find(absl::BytesToHexString(HashApiKey(key))), std::string::npos);
  EXPECT_EQ(out_.str().find(key), std::string::npos);
}

TEST_F(KeyCommandTest, NothingIsOverwritten) {
  files_["key"] = "old";
  EXPECT_EQ(Run({"--out=key"}), 2);
  EXPECT_EQ(out_.str(), "");
  EXPECT_EQ(files_["key"], "old");
  EXPECT_EQ(err_.str(), "mailstrom: there is one already\n");
}

}  // namespace
}  // namespace mailstrom::cli
