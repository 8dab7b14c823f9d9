#include "message/date.h"

#include <string>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace mailstrom::message {
namespace {

absl::Time Utc(const char* text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << text << error;
  return time;
}

TEST(DateTest, FormatsInUtc) {
  EXPECT_EQ(FormatDate(Utc("2026-01-02T03:04:05.9Z")), "Fri, 02 Jan 2026 03:04:05 +0000");
  EXPECT_EQ(FormatDate(Utc("2024-02-29T23:59:59-05:00")), "Fri, 01 Mar 2024 04:59:59 +0000");
  EXPECT_EQ(FormatDate(absl::InfiniteFuture()), "Fri, 31 Dec 9999 23:59:59 +0000");
  EXPECT_EQ(FormatDate(absl::InfinitePast()), "Mon, 01 Jan 1900 00:00:00 +0000");
}

TEST(DateTest, ParsesStrictAndObsoleteForms) {
  struct Case {
    const char* text;
    const char* want;
  };
  const Case cases[] = {
      // RFC 5322 appendix A.
      {"Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T15:55:06Z"},
      {"Tue, 1 Jul 2003 10:52:37 +0200", "2003-07-01T08:52:37Z"},
      {"Thu, 13 Feb 1969 23:32:54 -0330", "1969-02-14T03:02:54Z"},
      {"Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n"
       "               -0330 (Newfoundland Time)",
       "1969-02-14T03:02:00Z"},
      {"21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06Z"},
      {"Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", "1997-11-21T15:55:06Z"},
      // The rest of the grammar.
      {"1 Jan 2000 00:00 +0000", "2000-01-01T00:00:00Z"},
      {"fri,21 nov 1997 09:55:06 z", "1997-11-21T09:55:06Z"},
      {"1 Jan 49 00:00 UT", "2049-01-01T00:00:00Z"},
      {"1 Jan 50 00:00 PDT", "1950-01-01T07:00:00Z"},
      {"1 Jan 102 00:00 EST", "2002-01-01T05:00:00Z"},
      {"29 Feb 2000 12:00:00 -0000", "2000-02-29T12:00:00Z"},
      {"31 Dec 2016 23:59:60 +0000", "2017-01-01T00:00:00Z"},
      {" (a (nested \\) one)) 1 Jan 2000 00:00 +0000 (end)", "2000-01-01T00:00:00Z"},
  };
  for (const Case& c : cases) {
    const absl::StatusOr<absl::Time> time = ParseDate(c.text);
    ASSERT_TRUE(time.ok()) << c.text << ": " << time.status();
    EXPECT_EQ(*time, Utc(c.want)) << c.text;
  }
}

TEST(DateTest, RefusesWhatIsNoDate) {
  const char* const cases[] = {
      "",
      "yesterday",
      "Thu, 21 Nov 1997 09:55:06 -0600",
      "Fri 21 Nov 1997 09:55:06 -0600",
      "21 Nov 1997",
      "21 Nov 1997 09:55:06",
      "21 Nov 1997 9:55:06 +0000",
      "21 Nov 1997 24:00:00 +0000",
      "21 Nov 1997 09:60:00 +0000",
      "21 Nov 1997 09:55:61 +0000",
      "21 Nov 1997 09:55:06 +060",
      "21 Nov 1997 09:55:06 +0060",
      "21 Nov 1997 09:55:06 MESZ",
      "21 Nov 1997 09:55:06 J",
      "21 Nov 1997 09:55:06 +0000 x",
      "21 Nov 1997 09:55:06 +0000 (open",
      "31 Nov 1997 09:55:06 +0000",
      "29 Feb 1900 09:55:06 +0000",
      "0 Jan 2000 09:55:06 +0000",
      "001 Jan 2000 09:55:06 +0000",
      "1 Janu 2000 09:55:06 +0000",
      "1 Jan 1899 09:55:06 +0000",
      "1 Jan 20000 09:55:06 +0000",
      "1 Jan 2 09:55:06 +0000",
      "2000-01-01T00:00:00Z",
  };
  for (const char* text : cases) EXPECT_FALSE(ParseDate(text).ok()) << text;
}

TEST(DateTest, FormattedDateParsesToItself) {
  for (int day = 0; day < 60000; day += 37) {
    const absl::Time time = absl::FromUnixSeconds(int64_t{day} * 86400 + day);
    const absl::StatusOr<absl::Time> parsed = ParseDate(FormatDate(time));
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, time);
  }
}

}  // namespace
}  // namespace mailstrom::message
