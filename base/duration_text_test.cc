#include "base/duration_text.h"

#include <string>

#include "gtest/gtest.h"

namespace mailstrom {
namespace {

TEST(DurationTextTest, ReadsNumbersWithUnits) {
  const struct {
    const char* text;
    absl::Duration want;
  } kCases[] = {
      {"0s", absl::ZeroDuration()},       {"250us", absl::Microseconds(250)},
      {"500ms", absl::Milliseconds(500)}, {"30s", absl::Seconds(30)},
      {"1h30m", absl::Minutes(90)},       {"5d", absl::Hours(120)},
      {"1d12h", absl::Hours(36)},         {"999999d", absl::Hours(24) * 999999},
  };
  for (const auto& c : kCases) {
    const absl::StatusOr<absl::Duration> duration = ParseDurationText(c.text);
    ASSERT_TRUE(duration.ok()) << c.text;
    EXPECT_EQ(*duration, c.want) << c.text;
  }
}

TEST(DurationTextTest, RefusesWhatIsNone) {
  for (const char* text : {"", "5", "d", "5 d", "-5s", "+5s", "1d-1h", "inf", "1dinf", "5x", "1h2d",
                           "1d1d", "1000000d", "1.5d", " 5s", "5s "}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseDurationText(text).status())) << text;
  }
}

TEST(DurationTextTest, AMessageQuotesLittleOfWhatIsWrong) {
  const absl::Status status = ParseDurationText(std::string(100'000, 'x')).status();
  EXPECT_LT(status.message().size(), 200u);
}

TEST(DurationTextTest, WritesWhatItReads) {
  for (const char* text : {"500ms", "1h30m", "5d", "1d12h"}) {
    EXPECT_EQ(FormatDurationText(ParseDurationText(text).value()), text);
  }
}

TEST(DurationTextTest, ProtobufKeepsNanoseconds) {
  const absl::Duration duration = absl::Hours(30) + absl::Nanoseconds(7);
  const google::protobuf::Duration proto = ToProto(duration);
  EXPECT_EQ(proto.seconds(), 108000);
  EXPECT_EQ(proto.nanos(), 7);
  EXPECT_EQ(FromProto(proto), duration);
}

}  // namespace
}  // namespace mailstrom
