#include "storage/group_committer.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace mailstrom::storage {
namespace {

// Notes what happens, in order.
class FakeWriter final : public GroupCommitter::Writer {
 public:
  absl::Status BeginGroup() override {
    log += "(";
    return begin;
  }
  absl::Status WriteGroup() override {
    if (!first_write_entered.HasBeenNotified()) {
      first_write_entered.Notify();
      first_write_may_end.WaitForNotification();
    }
    log += write.ok() ? " written" : " failed";
    return write;
  }
  void GroupAnswered() override { log += " )"; }

  std::string log;
  absl::Status begin;
  absl::Status write;
  absl::Notification first_write_entered;
  absl::Notification first_write_may_end;
};

class GroupCommitterTest : public testing::Test {
 protected:
  void Start(size_t max_group_bytes) {
    committer_ = std::make_unique<GroupCommitter>(writer_, max_group_bytes);
  }

  void Add(const std::string& name, absl::Status prepared = absl::OkStatus(), size_t bytes = 10,
           Lane lane = Lane::kDelivery) {
    committer_->Add({.size_bytes = bytes,
                     .prepare =
                         [this, name, prepared] {
                           absl::StrAppend(&writer_.log, " ", name);
                           return prepared;
                         },
                     .done =
                         [this, name](absl::Status status) {
                           absl::StrAppend(&writer_.log, " ", name, ":",
                                           absl::StatusCodeToString(status.code()));
                         },
                     .lane = lane});
  }

  // Lets the first write wait until several more commits are there.
  void Finish() {
    writer_.first_write_may_end.Notify();
    committer_ = nullptr;
  }

  FakeWriter writer_;
  std::unique_ptr<GroupCommitter> committer_;
};

TEST_F(GroupCommitterTest, WhatComesDuringAWriteIsOneGroup) {
  Start(1000);
  Add("a");
  writer_.first_write_entered.WaitForNotification();
  Add("b");
  Add("c");
  Finish();
  EXPECT_EQ(writer_.log, "( a written a:OK )( b c written b:OK c:OK )");
}

TEST_F(GroupCommitterTest, AGroupIsBounded) {
  Start(25);
  Add("a");
  writer_.first_write_entered.WaitForNotification();
  for (const char* name : {"b", "c", "d", "e"}) Add(name);
  Add("large", absl::OkStatus(), 1000);
  Finish();
  EXPECT_EQ(writer_.log,
            "( a written a:OK )( b c d written b:OK c:OK d:OK )( e large written e:OK large:OK )");
}

TEST_F(GroupCommitterTest, ARefusedCommitIsAnsweredAlone) {
  Start(1000);
  Add("a");
  writer_.first_write_entered.WaitForNotification();
  Add("b", absl::AbortedError("stale"));
  Add("c");
  Finish();
  EXPECT_EQ(writer_.log, "( a written a:OK )( b c written b:ABORTED c:OK )");
}

TEST_F(GroupCommitterTest, AGroupOfRefusedCommitsIsNotWritten) {
  Start(1000);
  Add("a", absl::AbortedError("stale"));
  Finish();
  EXPECT_EQ(writer_.log, "( a a:ABORTED )");
}

TEST_F(GroupCommitterTest, AFailedWriteIsToldToAllOfTheGroup) {
  writer_.write = absl::UnavailableError("disk full");
  Start(1000);
  Add("a");
  writer_.first_write_entered.WaitForNotification();
  Add("b");
  Add("c", absl::AbortedError("stale"));
  Finish();
  EXPECT_EQ(writer_.log, "( a failed a:UNAVAILABLE )( b c failed b:UNAVAILABLE c:ABORTED )");
}

TEST_F(GroupCommitterTest, AWriterThatCannotBeginRefusesTheGroup) {
  writer_.begin = absl::UnavailableError("not yet");
  Start(1000);
  Add("a");
  Finish();
  EXPECT_EQ(writer_.log, "( a:UNAVAILABLE )");
}

TEST_F(GroupCommitterTest, OutcomesDoNotWaitForACrowdOfNewEmails) {
  Start(25);
  Add("a");
  writer_.first_write_entered.WaitForNotification();
  for (const char* name : {"b", "c", "d", "e"}) {
    Add(name, absl::OkStatus(), 10, Lane::kAcceptance);
  }
  Add("outcome");
  Finish();
  EXPECT_EQ(writer_.log,
            "( a written a:OK )( b outcome c written b:OK outcome:OK c:OK )"
            "( d e written d:OK e:OK )");
}

TEST_F(GroupCommitterTest, WhatDoesNotFitBeginsTheNextGroup) {
  Start(1000);
  Add("a");
  writer_.first_write_entered.WaitForNotification();
  Add("b");
  bool fits = false;
  GroupCommitter::Commit commit = {10,
                                   [this] {
                                     writer_.log += " c";
                                     return absl::OkStatus();
                                   },
                                   [](const absl::Status&) {}};
  // Asked for only when it is not the first of its group.
  commit.fits = [&] { return std::exchange(fits, true); };
  committer_->Add(std::move(commit));
  Add("d");
  Finish();
  EXPECT_EQ(writer_.log, "( a written a:OK )( b written b:OK )( c d written d:OK )");
}

}  // namespace
}  // namespace mailstrom::storage
