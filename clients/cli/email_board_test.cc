#include "clients/cli/email_board.h"

#include <gtest/gtest.h>

namespace mailstrom::cli {
namespace {

v1::WatchStatusResponse Snapshot(const std::string& email_id, const std::string& address) {
  v1::WatchStatusResponse response;
  response.mutable_snapshot()->set_email_id(email_id);
  v1::Recipient* recipient = response.mutable_snapshot()->add_recipients();
  recipient->set_address(address);
  recipient->set_state(v1::Recipient::STATE_QUEUED);
  return response;
}

v1::WatchStatusResponse Event(const std::string& email_id, const std::string& address,
                              v1::Recipient::State state) {
  v1::WatchStatusResponse response;
  response.mutable_event()->set_email_id(email_id);
  response.mutable_event()->set_email_state(v1::Email::STATE_SETTLED);
  response.mutable_event()->set_revision(7);
  response.mutable_event()->mutable_recipient()->set_address(address);
  response.mutable_event()->mutable_recipient()->set_state(state);
  return response;
}

TEST(EmailBoardTest, EventChangesItsRecipientOnly) {
  EmailBoard board;
  board.Apply(Snapshot("E1", "a@x"));
  board.Apply(Snapshot("E2", "a@x"));
  board.Apply(Event("E2", "a@x", v1::Recipient::STATE_DELIVERED));
  ASSERT_EQ(board.emails().size(), 2u);
  EXPECT_EQ(board.emails()[0].recipients(0).state(), v1::Recipient::STATE_QUEUED);
  ASSERT_EQ(board.emails()[1].recipients_size(), 1);
  EXPECT_EQ(board.emails()[1].recipients(0).state(), v1::Recipient::STATE_DELIVERED);
  EXPECT_EQ(board.emails()[1].state(), v1::Email::STATE_SETTLED);
  EXPECT_EQ(board.emails()[1].revision(), 7);
}

TEST(EmailBoardTest, SnapshotReplaces) {
  EmailBoard board;
  board.Apply(Event("E1", "b@x", v1::Recipient::STATE_FAILED));
  board.Apply(Snapshot("E1", "a@x"));
  ASSERT_EQ(board.emails().size(), 1u);
  ASSERT_EQ(board.emails()[0].recipients_size(), 1);
  EXPECT_EQ(board.emails()[0].recipients(0).address(), "a@x");
}

TEST(EmailBoardTest, EventOfAnUnknownEmailAddsIt) {
  EmailBoard board;
  board.Apply(Event("E1", "b@x", v1::Recipient::STATE_FAILED));
  ASSERT_EQ(board.emails().size(), 1u);
  EXPECT_EQ(board.emails()[0].email_id(), "E1");
}

TEST(EmailBoardTest, HeartbeatChangesNothing) {
  EmailBoard board;
  v1::WatchStatusResponse heartbeat;
  heartbeat.mutable_heartbeat();
  board.Apply(heartbeat);
  EXPECT_TRUE(board.emails().empty());
}

}  // namespace
}  // namespace mailstrom::cli
