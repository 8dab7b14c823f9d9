#include "storage/list_query.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "storage/test_emails.h"

namespace mailstrom::storage {
namespace {

TEST(ListQueryTest, PlacesSortAsTheirBytesDo) {
  const std::vector<ListPlace> ascending = {{std::numeric_limits<int64_t>::min(), "z"},
                                            {-1, "a"},
                                            {0, "a"},
                                            {0, "aa"},
                                            {0, "b"},
                                            {1, "a"},
                                            {std::numeric_limits<int64_t>::max(), "a"}};
  for (size_t i = 1; i < ascending.size(); ++i) {
    EXPECT_LT(ascending[i - 1], ascending[i]);
    EXPECT_LT(EncodeListPlace(ascending[i - 1]), EncodeListPlace(ascending[i]));
    EXPECT_EQ(DecodeListPlace(EncodeListPlace(ascending[i])).value(), ascending[i]);
  }
}

TEST(ListQueryTest, OtherBytesAreNoPlace) {
  for (const std::string& bytes :
       {std::string(), std::string(8, 'x'), std::string(8 + kMaxEmailIdBytes + 1, 'x')}) {
    EXPECT_TRUE(absl::IsInvalidArgument(DecodeListPlace(bytes).status()));
  }
}

TEST(ListQueryTest, DomainsDoNotMindCaseAndMailboxesDo) {
  EXPECT_EQ(FoldAddress("Ann@EXAMPLE.Org"), "Ann@example.org");
  EXPECT_EQ(FoldAddress("\"A@B\"@C.test"), "\"A@B\"@c.test");
  EXPECT_EQ(FoldAddress("PostMaster"), "PostMaster");
}

TEST(ListQueryTest, EveryConditionCounts) {
  Email email = TestEmail("a", 2);
  email.record.tags = {{"team", "shop"}, {"kind", "bill"}};
  email.record.tenant = "shop";
  const absl::Time accepted = email.record.accept_time;
  struct Case {
    const char* name;
    ListQuery query;
    bool want;
  };
  for (const Case& c : {
           Case{"none", {}, true},
           Case{"one tag", {.tags = {{"team", "shop"}}}, true},
           Case{"all tags", {.tags = {{"team", "shop"}, {"kind", "bill"}}}, true},
           Case{"another value", {.tags = {{"team", "shop"}, {"kind", "x"}}}, false},
           Case{"another tag", {.tags = {{"other", "shop"}}}, false},
           Case{"recipient", {.recipient = "r1@EXAMPLE.com"}, true},
           Case{"another recipient", {.recipient = "R1@example.com"}, false},
           Case{"active", {.settled = false}, true},
           Case{"settled", {.settled = true}, false},
           Case{"from now on", {.start_time = accepted}, true},
           Case{"later", {.start_time = accepted + absl::Nanoseconds(1)}, false},
           Case{"before", {.end_time = accepted}, false},
           Case{"of its tenant", {.tenant = "shop"}, true},
           Case{"of another tenant", {.tenant = "other"}, false},
           Case{"of no tenant", {.tenant = ""}, false},
           Case{"up to now", {.end_time = accepted + absl::Nanoseconds(1)}, true},
       }) {
    EXPECT_EQ(Matches(c.query, email), c.want) << c.name;
  }
}

}  // namespace
}  // namespace mailstrom::storage
