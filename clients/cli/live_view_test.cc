#include "clients/cli/live_view.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace mailstrom::cli {
namespace {

constexpr TerminalSize kSize = {60, 24};

void AddRecipient(const std::string& address, v1::Recipient::State state, v1::Email& email) {
  v1::Recipient* recipient = email.add_recipients();
  recipient->set_address(address);
  recipient->set_state(state);
}

v1::Email SampleEmail() {
  v1::Email email;
  email.set_email_id("E1");
  AddRecipient("long-name@b", v1::Recipient::STATE_DEFERRED, email);
  v1::Recipient& deferred = *email.mutable_recipients(0);
  deferred.set_attempt_count(1);
  deferred.mutable_next_attempt_time()->set_seconds(100);
  deferred.mutable_last_attempt()->mutable_reply()->set_code(450);
  deferred.mutable_last_attempt()->mutable_reply()->set_text("Come back later, please");
  AddRecipient("c@c", v1::Recipient::STATE_QUEUED, email);
  return email;
}

TEST(LiveViewTest, OneRowPerRecipientWithinTheWidth) {
  const std::vector<std::string> lines =
      LiveLines({SampleEmail()}, kSize, absl::FromUnixSeconds(40), "");
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], "E1  0 of 2 settled");
  EXPECT_EQ(lines[1],
            "  long-name@b \x1b[33mDEFERRED  \x1b[0m 1  next in 1m; 450 Come back later…");
  EXPECT_EQ(lines[2], "  c@c         QUEUED     0  ");
}

TEST(LiveViewTest, OverdueAttemptsAreNotNegative) {
  const std::vector<std::string> lines =
      LiveLines({SampleEmail()}, kSize, absl::FromUnixSeconds(200), "");
  EXPECT_TRUE(absl::StrContains(lines[1], "next in 0;")) << lines[1];
}

TEST(LiveViewTest, UnsettledComeFirstWhenRowsAreFew) {
  v1::Email email;
  email.set_email_id("E1");
  for (int i = 0; i < 20; ++i) {
    AddRecipient(absl::StrCat("r", i, "@b"),
                 i == 19 ? v1::Recipient::STATE_QUEUED : v1::Recipient::STATE_DELIVERED, email);
  }
  const std::vector<std::string> lines = LiveLines({email}, {60, 8}, absl::UnixEpoch(), "");
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines[0], "E1  19 of 20 settled");
  EXPECT_TRUE(absl::StrContains(lines[1], "r19@b")) << lines[1];
  EXPECT_EQ(lines[5], "  … and 16 more");
}

TEST(LiveViewTest, ManyEmailsStayWithinTheRows) {
  const std::vector<v1::Email> emails(50, SampleEmail());
  for (size_t rows = 1; rows < 30; ++rows) {
    const size_t lines = LiveLines(emails, {60, rows}, absl::UnixEpoch(), "notice").size();
    EXPECT_LT(lines, std::max<size_t>(rows, 4)) << rows;
  }
}

TEST(LiveViewTest, DrawsOverItself) {
  std::ostringstream out;
  LiveView view(out);
  view.Draw({SampleEmail()}, kSize, absl::UnixEpoch(), "reconnecting");
  EXPECT_EQ(out.str().substr(0, 3), "\rE1");
  EXPECT_TRUE(absl::StrContains(out.str(), "\rreconnecting\x1b[K\n"));
  out.str("");
  view.Draw({SampleEmail()}, kSize, absl::UnixEpoch(), "");
  EXPECT_TRUE(absl::StartsWith(out.str(), "\x1b[4A\rE1")) << out.str();
  EXPECT_TRUE(absl::EndsWith(out.str(), "\x1b[J"));
  EXPECT_FALSE(absl::StrContains(out.str(), "reconnecting"));
}

TEST(LiveViewTest, PeersCannotCommandTheTerminal) {
  v1::Email email = SampleEmail();
  email.mutable_recipients(0)->mutable_last_attempt()->mutable_reply()->set_text("\x1b[2J");
  for (const std::string& line : LiveLines({email}, {200, 24}, absl::UnixEpoch(), "")) {
    EXPECT_FALSE(absl::StrContains(line, "\x1b[2J"));
  }
}

}  // namespace
}  // namespace mailstrom::cli
