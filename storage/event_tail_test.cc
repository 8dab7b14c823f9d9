#include "storage/event_tail.h"

#include <memory>
#include <optional>
#include <vector>

#include "gtest/gtest.h"

namespace mailstrom::storage {
namespace {

std::vector<std::shared_ptr<const Event>> Events(int64_t first, int64_t last) {
  std::vector<std::shared_ptr<const Event>> events;
  for (int64_t sequence = first; sequence <= last; ++sequence) {
    Event event;
    event.sequence = sequence;
    events.push_back(std::make_shared<const Event>(event));
  }
  return events;
}

TEST(EventTailTest, GivesWhatItKeeps) {
  EventTail tail(5);
  tail.Append(Events(11, 13));
  tail.Append(Events(14, 17));
  struct Case {
    int64_t after;
    int max;
    std::optional<std::vector<int64_t>> want;
  };
  for (const Case& c : {
           Case{12, 9, std::vector<int64_t>{13, 14, 15, 16, 17}},
           Case{12, 2, std::vector<int64_t>{13, 14}},
           Case{16, 9, std::vector<int64_t>{17}},
           Case{11, 9, std::nullopt},
           Case{0, 9, std::nullopt},
           Case{17, 9, std::nullopt},
           Case{99, 9, std::nullopt},
       }) {
    const auto read = tail.Read(c.after, c.max);
    ASSERT_EQ(read.has_value(), c.want.has_value()) << c.after;
    if (!read.has_value()) continue;
    std::vector<int64_t> sequences;
    for (const auto& event : *read) sequences.push_back(event->sequence);
    EXPECT_EQ(sequences, *c.want) << c.after;
  }
}

TEST(EventTailTest, MayBeEmpty) {
  EventTail tail(0);
  EXPECT_FALSE(tail.Read(0, 1).has_value());
  tail.Append(Events(1, 3));
  EXPECT_FALSE(tail.Read(0, 1).has_value());
}

TEST(EventTailTest, ReadersShareOneCopy) {
  EventTail tail(5);
  const auto events = Events(1, 1);
  tail.Append(events);
  EXPECT_EQ(tail.Read(0, 1)->at(0), events[0]);
}

}  // namespace
}  // namespace mailstrom::storage
