#include "server/subscription_index.h"

#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailstrom::server {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<const EventFilter*> MatchesOf(const SubscriptionIndex& index,
                                          const std::string& email_id,
                                          const std::map<std::string, std::string>& tags = {}) {
  storage::Event event;
  event.email_id = email_id;
  event.tags = tags;
  std::vector<const EventFilter*> matches;
  index.ForEachMatch(event, [&](const EventFilter* filter) { matches.push_back(filter); });
  return matches;
}

TEST(SubscriptionIndexTest, FindsWhoWantsAnEvent) {
  const EventFilter everything;
  const EventFilter two_emails = {.email_ids = {"a", "b"}, .tags = {}};
  const EventFilter blue = {.email_ids = {}, .tags = {{"team", "blue"}}};
  const EventFilter blue_receipts = {.email_ids = {},
                                     .tags = {{"team", "blue"}, {"kind", "receipt"}}};
  const EventFilter blue_a = {.email_ids = {"a"}, .tags = {{"team", "blue"}}};
  SubscriptionIndex index;
  for (const EventFilter* filter : {&everything, &two_emails, &blue, &blue_receipts, &blue_a}) {
    index.Add(filter);
  }
  EXPECT_THAT(MatchesOf(index, "z"), UnorderedElementsAre(&everything));
  EXPECT_THAT(MatchesOf(index, "a"), UnorderedElementsAre(&everything, &two_emails));
  EXPECT_THAT(MatchesOf(index, "a", {{"team", "blue"}}),
              UnorderedElementsAre(&everything, &two_emails, &blue, &blue_a));
  EXPECT_THAT(MatchesOf(index, "z", {{"kind", "receipt"}, {"team", "blue"}}),
              UnorderedElementsAre(&everything, &blue, &blue_receipts));
  EXPECT_THAT(MatchesOf(index, "z", {{"kind", "receipt"}, {"team", "red"}}),
              UnorderedElementsAre(&everything));

  for (const EventFilter* filter : {&everything, &two_emails, &blue, &blue_receipts, &blue_a}) {
    index.Remove(filter);
    index.Remove(filter);
  }
  EXPECT_THAT(MatchesOf(index, "a", {{"kind", "receipt"}, {"team", "blue"}}), IsEmpty());
}

}  // namespace
}  // namespace mailstrom::server
