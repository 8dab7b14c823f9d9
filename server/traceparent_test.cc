#include "server/traceparent.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mailstrom::server {
namespace {

constexpr char kGood[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceparentTest, TakesWhatTheSpecificationAllowsAndNothingElse) {
  struct Case {
    const char* name;
    std::string in;
    std::string want;
  };
  for (const Case& c : {
           Case{"good", kGood, kGood},
           Case{"not sampled", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"},
           Case{"later version", "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", kGood},
           Case{"later version that goes on",
                "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes", kGood},
           Case{"later version that goes on without a dash",
                "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01what", ""},
           Case{"version 00 that goes on", absl::StrCat(kGood, "-x"), ""},
           Case{"version ff", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", ""},
           Case{"no trace id", "00-00000000000000000000000000000000-b7ad6b7169203331-01", ""},
           Case{"no parent id", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", ""},
           Case{"upper case", "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", ""},
           Case{"no digits", "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01", ""},
           Case{"a quote", "00-0af7651916cd43dd8448eb211c80319\"-b7ad6b7169203331-01", ""},
           Case{"flags", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x", ""},
           Case{"version", "0x-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", ""},
           Case{"other separators", "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01", ""},
           Case{"short", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", ""},
           Case{"empty", "", ""},
       }) {
    EXPECT_EQ(ParseTraceparent({c.in}), c.want) << c.name;
  }
}

TEST(TraceparentTest, NoneOrSeveralAreAsGoodAsNone) {
  EXPECT_EQ(ParseTraceparent({}), "");
  EXPECT_EQ(ParseTraceparent({kGood, kGood}), "");
}

TEST(TraceparentTest, HasATraceId) {
  EXPECT_EQ(TraceId(kGood), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(TraceId(""), "");
}

}  // namespace
}  // namespace mailstrom::server
