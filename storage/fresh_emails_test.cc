#include "storage/fresh_emails.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace mailstrom::storage {
namespace {

constexpr absl::Time kStart = absl::UnixEpoch();

// Adds email `id`, accepted `seconds` after the start, with a content of 10,000 bytes.
void Add(FreshEmails& fresh, const std::string& id, int seconds = 0) {
  Email email;
  email.record.email_id = id;
  email.record.accept_time = kStart + absl::Seconds(seconds);
  email.recipients.resize(1);
  fresh.Add(std::make_shared<const Email>(std::move(email)),
            std::make_shared<const std::string>(10'000, 'x'));
}

TEST(FreshEmailsTest, GivesWhatWasAdded) {
  FreshEmails fresh(100'000);
  Add(fresh, "a");
  ASSERT_NE(fresh.Find("a"), nullptr);
  EXPECT_EQ(fresh.Find("a")->record.email_id, "a");
  ASSERT_NE(fresh.FindContent("a"), nullptr);
  EXPECT_EQ(fresh.FindContent("a")->size(), 10'000);
  EXPECT_EQ(fresh.Find("b"), nullptr);
  EXPECT_EQ(fresh.FindContent("b"), nullptr);
}

TEST(FreshEmailsTest, ForgetsWhatHasChanged) {
  FreshEmails fresh(100'000);
  Add(fresh, "a");
  Add(fresh, "b");
  fresh.Remove("a");
  fresh.Remove("unknown");
  EXPECT_EQ(fresh.Find("a"), nullptr);
  EXPECT_EQ(fresh.FindContent("a"), nullptr);
  EXPECT_NE(fresh.Find("b"), nullptr);
  fresh.Clear();
  EXPECT_EQ(fresh.Find("b"), nullptr);
}

TEST(FreshEmailsTest, KeepsTheFirstOnesWhenManyComeAtOnce) {
  FreshEmails fresh(35'000);
  for (const char* id : {"a", "b", "c", "d", "e"}) Add(fresh, id);
  EXPECT_NE(fresh.Find("a"), nullptr);
  EXPECT_NE(fresh.Find("c"), nullptr);
  EXPECT_EQ(fresh.Find("d"), nullptr);
  EXPECT_EQ(fresh.Find("e"), nullptr);
}

TEST(FreshEmailsTest, WhatLeavesMakesRoom) {
  FreshEmails fresh(35'000);
  for (int i = 0; i < 100; ++i) {
    Add(fresh, absl::StrCat("e", i));
    EXPECT_NE(fresh.Find(absl::StrCat("e", i)), nullptr) << i;
    fresh.Remove(absl::StrCat("e", i));
  }
  Add(fresh, "a");
  fresh.Clear();
  for (const char* id : {"b", "c", "d"}) Add(fresh, id);
  EXPECT_NE(fresh.Find("d"), nullptr);
}

TEST(FreshEmailsTest, WhatWaitsLongGivesWay) {
  FreshEmails fresh(35'000);
  Add(fresh, "a", 0);
  Add(fresh, "b", 5);
  Add(fresh, "c", 11);
  Add(fresh, "d", 12);
  EXPECT_EQ(fresh.Find("a"), nullptr);
  EXPECT_NE(fresh.Find("b"), nullptr);
  EXPECT_NE(fresh.Find("c"), nullptr);
  EXPECT_NE(fresh.Find("d"), nullptr);
}

TEST(FreshEmailsTest, TakesNothingLargerThanItself) {
  FreshEmails fresh(5'000);
  Add(fresh, "a");
  EXPECT_EQ(fresh.Find("a"), nullptr);
}

}  // namespace
}  // namespace mailstrom::storage
