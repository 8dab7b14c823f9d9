#include "server/status_hub.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/event_filter.h"
#include "server/fake_event_log.h"

namespace mailstrom::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kWindowBytes = size_t{1} << 20;
constexpr size_t kNoLimit = 1000;

// What a watch stream would get.
class Subscriber final : public EventSubscriber {
 public:
  explicit Subscriber(EventFilter filter = {}) : filter_(std::move(filter)) {}

  void OnEvents(std::vector<EventPtr> events, int64_t position) override {
    for (const EventPtr& event : events) sequences_.push_back(event->sequence);
    position_ = position;
  }
  void OnDropped() override { ++dropped_; }

  const EventFilter* filter() const { return &filter_; }
  const std::vector<int64_t>& sequences() const { return sequences_; }
  int64_t position() const { return position_; }
  int dropped() const { return dropped_; }

 private:
  const EventFilter filter_;
  std::vector<int64_t> sequences_;
  int64_t position_ = 0;
  int dropped_ = 0;
};

std::optional<std::vector<int64_t>> Join(StatusHub& hub,
                                         const std::shared_ptr<Subscriber>& subscriber,
                                         int64_t after, size_t max_events = kNoLimit) {
  const auto joined = hub.Join(subscriber, subscriber->filter(), after, max_events);
  if (!joined.has_value()) return std::nullopt;
  std::vector<int64_t> sequences;
  for (const EventPtr& event : joined->events) sequences.push_back(event->sequence);
  return sequences;
}

TEST(StatusHubTest, HandsEachEventToThoseWhoWantIt) {
  FakeEventLog log;
  StatusHub hub(log, kWindowBytes);
  const auto all = std::make_shared<Subscriber>();
  const auto one = std::make_shared<Subscriber>(EventFilter{.email_ids = {"a"}, .tags = {}});
  EXPECT_THAT(*Join(hub, all, 0), IsEmpty());
  EXPECT_THAT(*Join(hub, one, 0), IsEmpty());
  log.Append(2, "a");
  log.Append(1, "b");
  log.AnswerAll();
  EXPECT_THAT(all->sequences(), ElementsAre(1, 2, 3));
  EXPECT_THAT(one->sequences(), ElementsAre(1, 2));
  EXPECT_EQ(hub.HandedOut(), 3);
  hub.Leave(all->filter());
  log.Append(1, "a");
  log.AnswerAll();
  EXPECT_THAT(all->sequences(), ElementsAre(1, 2, 3));
  EXPECT_THAT(one->sequences(), ElementsAre(1, 2, 4));
  EXPECT_EQ(one->position(), 4);
}

TEST(StatusHubTest, StartsAtTheEndOfTheLog) {
  FakeEventLog log;
  log.Append(10);
  StatusHub hub(log, kWindowBytes);
  EXPECT_THAT(log.Waiting(), IsEmpty());
  const auto behind = std::make_shared<Subscriber>();
  EXPECT_EQ(Join(hub, behind, 9), std::nullopt);
  EXPECT_THAT(*Join(hub, behind, 10), IsEmpty());
}

TEST(StatusHubTest, WhoJoinsGetsWhatCameSince) {
  FakeEventLog log;
  StatusHub hub(log, kWindowBytes);
  log.Append(5);
  log.AnswerAll();
  const auto subscriber = std::make_shared<Subscriber>();
  EXPECT_EQ(Join(hub, subscriber, 2, 2), std::nullopt);
  EXPECT_THAT(*Join(hub, subscriber, 2, 3), ElementsAre(3, 4, 5));
  log.Append(1);
  log.AnswerAll();
  EXPECT_THAT(subscriber->sequences(), ElementsAre(6));
}

TEST(StatusHubTest, TheWindowIsBoundedInBytes) {
  const std::string large(1000, 'x');
  FakeEventLog log;
  // Room for three such events.
  StatusHub hub(log, 4 * large.size() + 2000);
  log.Append(10, large);
  log.AnswerAll();
  const auto subscriber = std::make_shared<Subscriber>();
  EXPECT_EQ(Join(hub, subscriber, 5), std::nullopt);
  EXPECT_THAT(*Join(hub, subscriber, 8), ElementsAre(9, 10));
  // A flood of small ones drives them out.
  log.Append(1000, "s");
  log.AnswerAll();
  EXPECT_EQ(Join(hub, subscriber, 10), std::nullopt);
}

class UnreadableLogTest : public testing::TestWithParam<absl::Status> {};

TEST_P(UnreadableLogTest, DropsThoseWhoWaitForIt) {
  FakeEventLog log;
  StatusHub hub(log, kWindowBytes);
  const auto first = std::make_shared<Subscriber>();
  const auto second = std::make_shared<Subscriber>();
  ASSERT_TRUE(Join(hub, first, 0).has_value());
  ASSERT_TRUE(Join(hub, second, 0).has_value());
  log.Append(3);
  log.Answer(GetParam());
  // Each looks for itself.
  EXPECT_EQ(first->dropped(), 1);
  EXPECT_EQ(second->dropped(), 1);
  EXPECT_EQ(Join(hub, first, 0), std::nullopt);
  // Whoever found a way past it joins again; the hub has not stopped there.
  EXPECT_THAT(*Join(hub, first, 3), IsEmpty());
  log.Append(1);
  log.AnswerAll();
  EXPECT_THAT(first->sequences(), ElementsAre(4));
  EXPECT_EQ(first->dropped(), 1);
  EXPECT_THAT(second->sequences(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Errors, UnreadableLogTest,
                         testing::Values(absl::UnavailableError("disk"),
                                         absl::OutOfRangeError("trimmed"),
                                         absl::DataLossError("damaged")));

TEST(StatusHubTest, WhatIsKeptIsForgottenWhenTheLogBreaksOff) {
  FakeEventLog log;
  StatusHub hub(log, kWindowBytes);
  log.Append(3);
  log.AnswerAll();
  log.Append(2);
  log.Answer(absl::UnavailableError("disk"));
  log.Append(2);
  log.AnswerAll();
  const auto subscriber = std::make_shared<Subscriber>();
  // Event 4 and 5 are not here.
  EXPECT_EQ(Join(hub, subscriber, 2), std::nullopt);
  EXPECT_EQ(Join(hub, subscriber, 4), std::nullopt);
  EXPECT_THAT(*Join(hub, subscriber, 5), ElementsAre(6, 7));
}

}  // namespace
}  // namespace mailstrom::server
