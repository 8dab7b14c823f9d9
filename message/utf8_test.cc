#include "message/utf8.h"

#include <string>

#include "gtest/gtest.h"

namespace mailstrom::message {
namespace {

struct Case {
  const char* name;
  absl::string_view text;
  size_t length;
};

TEST(Utf8Test, MeasuresSequences) {
  constexpr Case kCases[] = {
      {"empty", "", 0},
      {"NUL", absl::string_view("\0", 1), 1},
      {"ASCII", "ab", 1},
      {"last of one", "\x7f", 1},
      {"continuation alone", "\x80", 0},
      {"overlong NUL", "\xc0\x80", 0},
      {"overlong of two", "\xc1\xbf", 0},
      {"first of two", "\xc2\x80", 2},
      {"last of two", "\xdf\xbf", 2},
      {"overlong of three", "\xe0\x9f\xbf", 0},
      {"first of three", "\xe0\xa0\x80", 3},
      {"before surrogates", "\xed\x9f\xbf", 3},
      {"first surrogate", "\xed\xa0\x80", 0},
      {"last surrogate", "\xed\xbf\xbf", 0},
      {"after surrogates", "\xee\x80\x80", 3},
      {"last of three", "\xef\xbf\xbf", 3},
      {"overlong of four", "\xf0\x8f\xbf\xbf", 0},
      {"first of four", "\xf0\x90\x80\x80", 4},
      {"last code point", "\xf4\x8f\xbf\xbf", 4},
      {"beyond Unicode", "\xf4\x90\x80\x80", 0},
      {"five octets", "\xf8\x88\x80\x80\x80", 0},
      {"cut after one", "\xe2", 0},
      {"cut after two", "\xe2\x82", 0},
      {"cut by ASCII", "\xe2\x82x", 0},
  };
  for (const Case& c : kCases) EXPECT_EQ(Utf8SequenceLength(c.text), c.length) << c.name;
}

TEST(Utf8Test, FindsTheOneWrongOctetAnywhere) {
  for (size_t size = 1; size < 40; ++size) {
    for (size_t at = 0; at < size; ++at) {
      std::string text(size, 'x');
      EXPECT_TRUE(IsAscii(text));
      text[at] = '\xff';
      EXPECT_FALSE(IsAscii(text));
      EXPECT_FALSE(IsValidUtf8(text));
    }
  }
  EXPECT_TRUE(IsValidUtf8("xxxxxxxxü€😀xxxxxxxxxxxxxxxü"));
  EXPECT_FALSE(IsAscii("xxxxxxxxü"));
}

}  // namespace
}  // namespace mailstrom::message
