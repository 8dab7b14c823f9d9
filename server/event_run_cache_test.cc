#include "server/event_run_cache.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/fake_event_log.h"

namespace mailstrom::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Events in a whole run.
constexpr int64_t kRun = 512;

// What a watcher got that asked for a run.
using Answer = std::optional<absl::StatusOr<EventRunPtr>>;

class EventRunCacheTest : public testing::Test {
 protected:
  EventRunCacheTest() { log_.Append(10 * kRun); }

  // The answer is there once the log has been read.
  Answer& Read(int64_t after) {
    Answer& answer = answers_.emplace_back();
    cache_.Read(after, [&answer](absl::StatusOr<EventRunPtr> run) { answer = std::move(run); });
    return answer;
  }

  EventRunPtr ReadNow(int64_t after) {
    const Answer& answer = Read(after);
    log_.AnswerAll();
    EXPECT_TRUE(answer.has_value() && answer->ok());
    return answer->value();
  }

  FakeEventLog log_;
  std::deque<Answer> answers_;
  EventRunCache cache_{log_, {}};
};

TEST_F(EventRunCacheTest, WatchersAtDifferentPlacesShareARun) {
  EXPECT_EQ(cache_.Find(3), nullptr);
  const Answer& first = Read(0);
  const Answer& second = Read(3);
  const Answer& third = Read(kRun - 1);
  EXPECT_THAT(log_.Waiting(), ElementsAre(0));
  log_.Answer();
  EXPECT_THAT(log_.Waiting(), IsEmpty());
  const EventRunPtr run = first->value();
  EXPECT_EQ(run->last_sequence(), kRun);
  EXPECT_EQ(run->Find({}, 0, 1000).events.size(), kRun);
  EXPECT_EQ(second->value(), run);
  EXPECT_EQ(third->value(), run);
  EXPECT_EQ(cache_.Find(100), run);
  EXPECT_EQ(cache_.Find(kRun), nullptr);
}

TEST_F(EventRunCacheTest, OneReadAtATimeRoundAndRound) {
  for (const int64_t run : {3, 5, 1, 2, 5}) Read(run * kRun);
  std::vector<int64_t> order;
  while (!log_.Waiting().empty()) {
    ASSERT_EQ(log_.Waiting().size(), 1);
    order.push_back(log_.Waiting().front() / kRun);
    log_.Answer();
  }
  EXPECT_THAT(order, ElementsAre(3, 5, 1, 2));
  for (const Answer& answer : answers_) EXPECT_TRUE(answer.has_value() && answer->ok());
}

// Watchers who want nothing of what they go through, and all wait for the log's end.
TEST_F(EventRunCacheTest, ARoundTakesAlongWhomItMeets) {
  EventRunCache cache(log_, {.max_bytes = 0});
  const std::function<void(int64_t)> go_on = [&](int64_t after) {
    if (after == log_.LastSequence()) return;
    cache.Read(after,
               [&](const absl::StatusOr<EventRunPtr>& run) { go_on((*run)->last_sequence()); });
  };
  for (const int64_t after : {4 * kRun, 7 * kRun, 6 * kRun, 100L, kRun + 3, 5 * kRun}) go_on(after);
  int reads = 0;
  for (; !log_.Waiting().empty(); ++reads) log_.Answer();
  // From the first who came to the end, then from the first run to the end.
  EXPECT_EQ(reads, 6 + 10);
}

TEST_F(EventRunCacheTest, WhatCameMeanwhileIsNotReadAgain) {
  const EventRunPtr run = ReadNow(0);
  EXPECT_EQ(Read(7)->value(), run);
  EXPECT_THAT(log_.Waiting(), IsEmpty());
}

TEST_F(EventRunCacheTest, GoesOnWhereTheLogEnded) {
  log_.Append(100);
  const int64_t last = log_.LastSequence();
  EXPECT_EQ(ReadNow(last - 10)->last_sequence(), last);
  EXPECT_EQ(cache_.Find(last), nullptr);
  log_.Append(50);
  Read(last);
  EXPECT_THAT(log_.Waiting(), ElementsAre(last));
  log_.Answer();
  const EventRunPtr run = cache_.Find(last + 20);
  ASSERT_NE(run, nullptr);
  EXPECT_EQ(run->last_sequence(), last + 50);
  // The run before it is still there for those who are further back.
  EXPECT_EQ(cache_.Find(last - 10)->last_sequence(), last);
  // The next one begins at its own place, although this one ended early.
  log_.Append(kRun);
  EXPECT_EQ(ReadNow(last + 50)->last_sequence(), 11 * kRun);
}

TEST_F(EventRunCacheTest, AtTheEndOfTheLogARunIsEmpty) {
  for (int i = 0; i < 2; ++i) {
    const Answer& answer = Read(10 * kRun);
    EXPECT_THAT(log_.Waiting(), ElementsAre(10 * kRun));
    log_.Answer();
    EXPECT_EQ(answer->value()->last_sequence(), 10 * kRun);
  }
}

TEST_F(EventRunCacheTest, ReadsOnWhenEventsAreLarge) {
  log_.LimitBatches(100);
  const Answer& far = Read(250);
  const Answer& near = Read(20);
  log_.Answer();
  EXPECT_EQ(near->value()->last_sequence(), 100);
  EXPECT_FALSE(far.has_value());
  log_.AnswerAll();
  EXPECT_EQ(far->value()->last_sequence(), 300);
  EXPECT_EQ(cache_.Find(150)->last_sequence(), 200);
}

TEST_F(EventRunCacheTest, ARunMayBeginBeforeTheLogDoes) {
  log_.Trim(100);
  const Answer& kept = Read(100);
  const Answer& lost = Read(99);
  log_.AnswerAll();
  ASSERT_TRUE(kept.has_value() && kept->ok());
  EXPECT_EQ(kept->value()->Find({}, 100, 1).events.front()->sequence, 101);
  EXPECT_EQ(kept->value()->last_sequence(), kRun);
  ASSERT_TRUE(lost.has_value());
  EXPECT_TRUE(absl::IsOutOfRange(lost->status()));
}

TEST_F(EventRunCacheTest, AnErrorReachesAllWhoWaitAndIsNotKept) {
  const Answer& first = Read(0);
  const Answer& second = Read(9);
  log_.Answer(absl::UnavailableError("disk"));
  EXPECT_TRUE(absl::IsUnavailable(first->status()));
  EXPECT_TRUE(absl::IsUnavailable(second->status()));
  EXPECT_THAT(log_.Waiting(), IsEmpty());
  EXPECT_EQ(ReadNow(9)->last_sequence(), kRun);
}

TEST_F(EventRunCacheTest, KeepsThoseUsedLast) {
  const size_t run_bytes = ReadNow(0)->size_bytes();
  EventRunCache cache(log_, {.max_bytes = 2 * run_bytes + run_bytes / 2});
  const auto read = [&](int64_t after) {
    cache.Read(after, [](const absl::StatusOr<EventRunPtr>&) {});
    log_.AnswerAll();
  };
  read(0);
  read(kRun);
  EXPECT_NE(cache.Find(0), nullptr);
  read(2 * kRun);
  EXPECT_NE(cache.Find(0), nullptr);
  EXPECT_EQ(cache.Find(kRun), nullptr);
  EXPECT_NE(cache.Find(2 * kRun), nullptr);
}

TEST_F(EventRunCacheTest, MayKeepNothing) {
  EventRunCache cache(log_, {.max_bytes = 0});
  log_.LimitBatches(10);
  Answer answer;
  cache.Read(25, [&](absl::StatusOr<EventRunPtr> run) { answer = std::move(run); });
  log_.AnswerAll();
  EXPECT_EQ(answer->value()->last_sequence(), 30);
  EXPECT_EQ(cache.Find(25), nullptr);
}

}  // namespace
}  // namespace mailstrom::server
