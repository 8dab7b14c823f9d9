#include "message/dkim_record.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "message/dkim_key.h"

namespace mailstrom::message {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(DkimRecordTest, PublishesTheKey) {
  const DkimKey key = *DkimKey::FromPem(
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
      "-----END PRIVATE KEY-----\n");
  // RFC 8463 §A.2.
  const std::string record = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
  EXPECT_EQ(DkimRecord(key), record);
  EXPECT_EQ(DkimRecordName("football.example.com", "brisbane"),
            "brisbane._domainkey.football.example.com");
  EXPECT_EQ(DkimZoneLine("football.example.com", "brisbane", key),
            absl::StrCat("brisbane._domainkey.football.example.com. IN TXT ( \"", record, "\" )"));
}

TEST(DkimRecordTest, SplitsALongRecordForTheZone) {
  const DkimKey key = *DkimKey::GenerateRsa();
  const std::string line = DkimZoneLine("x.example", "s", key);
  const size_t begin = line.find('"');
  const size_t cut = line.find("\" \"");
  EXPECT_EQ(cut - begin - 1, 255);
  std::string joined = absl::StrReplaceAll(line.substr(begin + 1), {{"\" \"", ""}, {"\" )", ""}});
  EXPECT_EQ(joined, DkimRecord(key));
}

TEST(DkimRecordTest, ComparesWithTheKey) {
  const DkimKey key = *DkimKey::GenerateRsa(1024);
  const DkimKey other = *DkimKey::GenerateRsa(1024);
  const std::string record = DkimRecord(key);
  const std::string p = record.substr(record.find("p="));
  struct Case {
    std::string record;
    // A part of the one problem, or empty when there is none.
    const char* problem;
  };
  const Case cases[] = {
      {record, ""},
      {p, ""},
      {absl::StrCat(" v = DKIM1;k=rsa ; h=sha1 : sha256; s=email; t=s; n=note; ", p.substr(0, 50),
                    " \t", p.substr(50), ";"),
       ""},
      {absl::StrCat("v=DKIM2; ", p), "v=DKIM1"},
      {absl::StrCat("k=rsa; v=DKIM1; ", p), "v=DKIM1"},
      {absl::StrCat("k=ed25519; ", p), "k=ed25519"},
      {absl::StrCat("h=sha1; ", p), "h=sha1"},
      {absl::StrCat("s=other; ", p), "s=other"},
      {absl::StrCat("t=y:s; ", p), "t=y"},
      {"v=DKIM1; k=rsa; p=", "revoked"},
      {"v=DKIM1; k=rsa; p=!", "base64"},
      {"v=DKIM1; k=rsa", "no public key"},
      {"", "no public key"},
      {absl::StrCat("what; ", p), "tag=value"},
      {absl::StrCat(p, "; ", p), "repeated"},
      {DkimRecord(other), "not the public key"},
  };
  for (const Case& c : cases) {
    const std::vector<std::string> problems = CompareDkimRecord(c.record, key);
    if (*c.problem == '\0') {
      EXPECT_THAT(problems, IsEmpty()) << c.record;
    } else {
      EXPECT_THAT(problems, ElementsAre(HasSubstr(c.problem))) << c.record;
    }
  }
}

}  // namespace
}  // namespace mailstrom::message
