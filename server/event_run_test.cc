#include "server/event_run.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailstrom::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Tags = std::map<std::string, std::string>;

// Of email "e0", "e1", … by turns, whose tags are those of `tags` by turns.
EventRun MakeRun(int64_t first, int64_t last, int emails = 1,
                 const std::vector<Tags>& tags = {{}}) {
  storage::EventBatch batch;
  for (int64_t sequence = first; sequence <= last; ++sequence) {
    auto event = std::make_shared<storage::Event>();
    event->sequence = sequence;
    event->email_id = absl::StrCat("e", sequence % emails);
    event->tags = tags[sequence % tags.size()];
    batch.events.push_back(std::move(event));
  }
  batch.last_sequence = last;
  return EventRun(std::move(batch));
}

std::vector<int64_t> SequencesOf(const EventRun::Found& found) {
  std::vector<int64_t> sequences;
  for (const EventPtr& event : found.events) sequences.push_back(event->sequence);
  return sequences;
}

std::vector<int64_t> FindAll(const EventRun& run, const EventFilter& filter, int64_t after = 0) {
  const EventRun::Found found = run.Find(filter, after, 1000);
  EXPECT_EQ(found.position, run.last_sequence());
  return SequencesOf(found);
}

TEST(EventRunTest, FindsWhatAFilterWants) {
  // Events 100 to 139 of 20 emails, every fourth with one team's tag, every second of a kind.
  const EventRun run = MakeRun(
      100, 139, 20,
      {{{"team", "blue"}, {"kind", "receipt"}}, {}, {{"kind", "receipt"}}, {{"team", "bluer"}}});
  EXPECT_EQ(FindAll(run, {}).size(), 40);
  EXPECT_THAT(FindAll(run, {.email_ids = {"e3"}, .tags = {}}), ElementsAre(103, 123));
  EXPECT_THAT(FindAll(run, {.email_ids = {"e17", "e3"}, .tags = {}}),
              ElementsAre(103, 117, 123, 137));
  EXPECT_THAT(FindAll(run, {.email_ids = {"e3", "e4"}, .tags = {{"team", "blue"}}}),
              ElementsAre(104, 124));
  EXPECT_THAT(FindAll(run, {.email_ids = {}, .tags = {{"team", "blue"}}}),
              ElementsAre(100, 104, 108, 112, 116, 120, 124, 128, 132, 136));
  EXPECT_THAT(FindAll(run, {.email_ids = {}, .tags = {{"kind", "receipt"}, {"team", "blue"}}}),
              ElementsAre(100, 104, 108, 112, 116, 120, 124, 128, 132, 136));
  EXPECT_THAT(FindAll(run, {.email_ids = {"e20"}, .tags = {}}), IsEmpty());
  EXPECT_THAT(FindAll(run, {.email_ids = {}, .tags = {{"team", "blu"}}}), IsEmpty());
  EXPECT_THAT(FindAll(run, {.email_ids = {}, .tags = {{"team", "red"}}}), IsEmpty());
  EXPECT_THAT(FindAll(run, {.email_ids = {}, .tags = {{"a", "blue"}}}), IsEmpty());
}

TEST(EventRunTest, ManyEmailsAtOnce) {
  const EventRun run = MakeRun(1, 40, 40);
  EventFilter filter;
  for (int i = 0; i < 20; ++i) filter.email_ids.insert(absl::StrCat("e", i));
  const std::vector<int64_t> found = FindAll(run, filter);
  ASSERT_EQ(found.size(), 20);
  EXPECT_EQ(found.front(), 1);
  EXPECT_EQ(found.back(), 40);
}

TEST(EventRunTest, BeginsAfterAPlace) {
  const EventRun run = MakeRun(100, 139, 20);
  const EventFilter one = {.email_ids = {"e3"}, .tags = {}};
  EXPECT_THAT(FindAll(run, one, 102), ElementsAre(103, 123));
  EXPECT_THAT(FindAll(run, one, 103), ElementsAre(123));
  EXPECT_THAT(FindAll(run, one, 123), IsEmpty());
  EXPECT_EQ(run.Find(one, 150, 10).position, 150);
}

TEST(EventRunTest, SaysHowFarItLooked) {
  const EventRun run = MakeRun(100, 139, 20);
  const EventFilter one = {.email_ids = {"e3"}, .tags = {}};
  EventRun::Found found = run.Find(one, 0, 1);
  EXPECT_THAT(SequencesOf(found), ElementsAre(103));
  EXPECT_EQ(found.position, 103);
  found = run.Find(one, found.position, 1);
  EXPECT_THAT(SequencesOf(found), ElementsAre(123));
  // Nothing more of it is in here.
  EXPECT_EQ(found.position, 139);
}

TEST(EventRunTest, DamagedEventsLeaveGaps) {
  storage::EventBatch batch;
  batch.last_sequence = 7;
  const EventRun run(std::move(batch));
  EXPECT_THAT(FindAll(run, {}, 5), IsEmpty());
}

TEST(EventRunTest, SizeGrowsWithItsEvents) {
  const size_t small = MakeRun(1, 10).size_bytes();
  EXPECT_GT(MakeRun(1, 20).size_bytes(), small + 10 * sizeof(storage::Event));
  EXPECT_GT(MakeRun(1, 10, 1, {{{"key", std::string(1000, 'x')}}}).size_bytes(), small + 10 * 1000);
}

}  // namespace
}  // namespace mailstrom::server
