#include "message/dkim_signer.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "message/dkim_key.h"
#include "message/dkim_key_ring.h"

namespace mailstrom::message {
namespace {

constexpr char kPem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";

// RFC 8463 §A.3.
constexpr char kMessage[] =
    "From: Joe SixPack <joe@football.example.com>\r\n"
    "To: Suzie Q <suzie@shopping.example.net>\r\n"
    "Subject: Is dinner ready?\r\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
    "\r\n"
    "Hi.\r\n"
    "\r\n"
    "We lost the game.  Are you hungry yet?\r\n"
    "\r\n"
    "Joe.\r\n";

DkimDomainKeys Keys() { return {"football.example.com", {{"brisbane", *DkimKey::FromPem(kPem)}}}; }

std::string Sign(absl::string_view message, const DkimSignOptions& options = {}) {
  return DkimSign(message, Keys(), absl::FromUnixSeconds(1528637909), options);
}

// The value of a tag, without white space.
std::string Tag(absl::string_view field, absl::string_view name) {
  const std::string text =
      absl::StrReplaceAll(field, {{" ", ""}, {"\r\n", ""}, {"DKIM-Signature:", ""}});
  for (const absl::string_view tag : absl::StrSplit(text, ';')) {
    if (absl::StartsWith(tag, absl::StrCat(name, "="))) {
      return std::string(tag.substr(name.size() + 1));
    }
  }
  return "none";
}

TEST(DkimSignerTest, WritesEveryTag) {
  const std::string field = Sign(kMessage);
  EXPECT_TRUE(absl::StartsWith(field, "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;"))
      << field;
  EXPECT_EQ(Tag(field, "d"), "football.example.com");
  EXPECT_EQ(Tag(field, "s"), "brisbane");
  EXPECT_EQ(Tag(field, "t"), "1528637909");
  EXPECT_EQ(Tag(field, "bh"), "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
  EXPECT_EQ(Tag(field, "h"), "From:From:To:Subject:Date:Message-ID");
  EXPECT_EQ(Tag(field, "b").size(), 88);
  for (const absl::string_view line : absl::StrSplit(field, "\r\n")) EXPECT_LE(line.size(), 78);
  EXPECT_TRUE(absl::EndsWith(field, "\r\n"));
}

TEST(DkimSignerTest, SignsEveryInstanceOfAField) {
  const std::string message =
      "Received: x\r\nReferences: <1@x>\r\nFROM: a@x\r\nX-Own: 1\r\nList-Unsubscribe: <u>\r\n"
      "Resent-To: b@x\r\nResent-To: c@x\r\nSubject: s\r\n\r\n";
  EXPECT_EQ(Tag(Sign(message), "h"),
            "From:From:Subject:References:Resent-To:Resent-To:List-Unsubscribe");
}

TEST(DkimSignerTest, MakesOneFieldForEachKey) {
  DkimDomainKeys keys = Keys();
  keys.keys.push_back({"test", *DkimKey::GenerateRsa(1024)});
  const std::string fields = DkimSign(kMessage, keys, absl::UnixEpoch());
  const size_t second = fields.find("DKIM-Signature", 1);
  EXPECT_EQ(Tag(fields.substr(0, second), "a"), "ed25519-sha256");
  EXPECT_EQ(Tag(fields.substr(second), "a"), "rsa-sha256");
  EXPECT_EQ(Tag(fields.substr(second), "s"), "test");
  EXPECT_EQ(Tag(fields.substr(0, second), "bh"), Tag(fields.substr(second), "bh"));
}

TEST(DkimSignerTest, CoversWhatMatters) {
  const std::string signature = Tag(Sign(kMessage), "b");
  struct Case {
    const char* from;
    const char* to;
    bool same;
  };
  const Case cases[] = {
      {"Joe Six", "JoeSix", false},
      {"Joe Six", "Joe  Six", true},
      {"Is dinner", "is dinner", false},
      {"Hi.", "hi.", false},
      {"From: Joe", "From: evil@x.example\r\nFrom: Joe", false},
      {" SixPack", "\r\n\tSixPack", true},
      {"game.  Are", "game. Are", true},
      {"Joe.\r\n", "Joe. \r\n\r\n", true},
      {"From: Joe", "X-Seen: by a filter\r\nfrom:  Joe", true},
  };
  for (const Case& c : cases) {
    const std::string changed = absl::StrReplaceAll(kMessage, {{c.from, c.to}});
    EXPECT_EQ(Tag(Sign(changed), "b") == signature, c.same) << c.to;
  }
}

TEST(DkimSignerTest, CanSignAsItIs) {
  const DkimSignOptions simple{DkimCanonicalization::kSimple, DkimCanonicalization::kSimple};
  EXPECT_EQ(Tag(Sign(kMessage, simple), "c"), "simple/simple");
  const std::string folded = absl::StrReplaceAll(kMessage, {{" SixPack", "\r\n SixPack"}});
  EXPECT_NE(Tag(Sign(kMessage, simple), "b"), Tag(Sign(folded, simple), "b"));
}

TEST(DkimSignerTest, FindsTheAuthorDomain) {
  struct Case {
    const char* message;
    const char* want;
  };
  const Case cases[] = {
      {kMessage, "football.example.com"},
      {"from: \"a@b\" <a@B\xC3\xBC"
       "cher.Example>, c@d.example\r\n\r\n",
       "xn--bcher-kva.example"},
      {"From: g: a@x.example, b@y.example;\r\n\r\n", "x.example"},
      {"From: g:;\r\n\r\n", ""},
      {"From: a@[127.0.0.1]\r\n\r\n", ""},
      {"From: nobody\r\n\r\n", ""},
      {"Sender: a@x.example\r\n\r\n", ""},
  };
  for (const Case& c : cases) EXPECT_EQ(AuthorDomain(c.message), c.want) << c.message;
}

}  // namespace
}  // namespace mailstrom::message
