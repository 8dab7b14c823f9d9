// What can be asked afterwards: what kind of trouble each attempt met, and what was said in it.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "delivery/dialogue_text.h"
#include "delivery/engine_test_bench.h"
#include "gtest/gtest.h"
#include "storage/store.h"

namespace mailstrom::delivery {
namespace {

using storage::BounceClass;

class EngineTruthTest : public EngineTest {
 protected:
  std::vector<storage::Dialogue> Dialogues(const std::string& email_id) {
    auto read = std::make_shared<std::optional<std::vector<storage::Dialogue>>>();
    store_.ReadDialogues(email_id, [read](absl::StatusOr<std::vector<storage::Dialogue>> result) {
      *read = result.value_or(std::vector<storage::Dialogue>());
    });
    EXPECT_TRUE(loop_.RunUntil([&] { return read->has_value(); }));
    return read->value_or(std::vector<storage::Dialogue>());
  }

  static std::string Text(const storage::Dialogue& dialogue) {
    const auto lines = DecodeDialogue(*dialogue.bytes);
    EXPECT_TRUE(lines.ok()) << lines.status();
    std::vector<std::string> texts;
    for (const DialogueLine& line : *lines) texts.push_back(line.text);
    return absl::StrJoin(texts, "\n");
  }
};

TEST_F(EngineTruthTest, EachFailedAttemptHasItsClass) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  host.on_rcpt = [](const std::string& path) -> std::string {
    if (path == "gone@a.test") return "550 5.1.1 who?";
    if (path == "full@a.test") return "452 4.2.2 full";
    if (path == "grey@a.test") return "450 4.2.0 Greylisted, come back later";
    return "250 2.1.5 ok";
  };
  StartEngine();
  const std::string id =
      Send({"gone@a.test", "full@a.test", "grey@a.test", "ann@a.test", "x@nowhere.test"});
  loop_.Advance(absl::Seconds(30));
  const std::vector<BounceClass> want = {BounceClass::kBadMailbox, BounceClass::kMailboxFull,
                                         BounceClass::kGreylisting, BounceClass::kNone,
                                         BounceClass::kBadDomain};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Read(id, i).last_attempt->bounce_class, want[i]) << i;
}

TEST_F(EngineTruthTest, DialogueOfEachAttemptIsKept) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  bool grey = true;
  host.on_rcpt = [&grey](const std::string& path) -> std::string {
    return grey && path == "bob@a.test" ? "450 4.2.0 greylisted" : "250 2.1.5 ok";
  };
  StartEngine();
  const std::string id = Send({"ann@a.test", "bob@a.test"});
  loop_.Advance(absl::Seconds(1));
  grey = false;
  loop_.Advance(absl::Minutes(10));
  const std::vector<storage::Dialogue> dialogues = Dialogues(id);
  ASSERT_EQ(dialogues.size(), 2u);
  EXPECT_EQ(dialogues[0].recipient_indexes, (std::vector<int>{0, 1}));
  EXPECT_EQ(dialogues[1].recipient_indexes, (std::vector<int>{1}));
  const std::string first = Text(dialogues[0]);
  for (const char* part : {"connecting to mx.a.test [192.0.2.1]:25", "220 fake ESMTP",
                           "EHLO me.test", "MAIL FROM:<sender@me.test>", "RCPT TO:<ann@a.test>",
                           "450 4.2.0 greylisted", "the message, ", "250 2.0.0 taken"}) {
    EXPECT_TRUE(absl::StrContains(first, part)) << part << " is not in\n" << first;
  }
  EXPECT_FALSE(absl::StrContains(first, "hello")) << "content does not appear";
  EXPECT_FALSE(absl::StrContains(Text(dialogues[1]), "ann@a.test"));
}

// A dialogue belongs to an email: another one that shares the connection does not appear.
TEST_F(EngineTruthTest, DialoguesOfOneConnectionStayApart) {
  AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  StartEngine();
  Send({"ann@a.test"});
  loop_.Advance(absl::Seconds(1));
  const std::string id = Send({"bob@a.test"});
  loop_.Advance(absl::Seconds(1));
  ASSERT_EQ(Dialogues(id).size(), 1u);
  const std::string said = Text(Dialogues(id)[0]);
  EXPECT_TRUE(absl::StrContains(said, "is open already")) << said;
  EXPECT_FALSE(absl::StrContains(said, "ann@a.test")) << said;
}

TEST_F(EngineTruthTest, RefusedConnectionsAreToldToo) {
  dns_.AddMx("dead.test", 10, "mx.dead.test");
  dns_.AddAddress("mx.dead.test", "192.0.2.9");
  connector_.Refuse("192.0.2.9");
  StartEngine();
  const std::string id = Send({"ann@dead.test"});
  loop_.Advance(absl::Seconds(1));
  ASSERT_EQ(Dialogues(id).size(), 1u);
  EXPECT_TRUE(absl::StrContains(Text(Dialogues(id)[0]), "connecting to mx.dead.test"));
}

}  // namespace
}  // namespace mailstrom::delivery
