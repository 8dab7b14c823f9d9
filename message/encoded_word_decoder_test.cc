#include "message/encoded_word_decoder.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace mailstrom::message {
namespace {

struct Case {
  const char* name;
  const char* in;
  const char* want;
};

TEST(EncodedWordDecoderTest, ReadsTheExamplesOfRfc2047) {
  constexpr Case kCases[] = {
      // §8, header fields.
      {"From", "=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"},
      {"To", "=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>",
       "Keld Jørn Simonsen <keld@dkuug.dk>"},
      {"CC", "=?ISO-8859-1?Q?Andr=E9?= Pirard", "André Pirard"},
      {"Subject",
       "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= "
       "=?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
       "If you can read this you understand the example."},
      {"From, second", "=?ISO-8859-1?Q?Olle_J=E4rnefors?= <ojarnef@admin.kth.se>",
       "Olle Järnefors <ojarnef@admin.kth.se>"},
      {"From, third", "=?ISO-8859-1?Q?Patrik_F=E4ltstr=F6m?= <paf@nada.kth.se>",
       "Patrik Fältström <paf@nada.kth.se>"},
      {"comment of the fourth From", "=?iso-8859-8?b?7eXs+SDv4SDp7Oj08A==?=", "םולש ןב ילטפנ"},
      // §8, the table, as the content of comments.
      {"(a)", "=?ISO-8859-1?Q?a?=", "a"},
      {"(a b)", "=?ISO-8859-1?Q?a?= b", "a b"},
      {"(ab)", "=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"},
      {"(ab), two spaces", "=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"},
      {"(ab), unfolded", "=?ISO-8859-1?Q?a?=    =?ISO-8859-1?Q?b?=", "ab"},
      {"(a b), one word", "=?ISO-8859-1?Q?a_b?=", "a b"},
      {"(a b), two charsets", "=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"},
      // §8, the same in a `*text` field, where parentheses are text.
      {"text (a)", "(=?ISO-8859-1?Q?a?=)", "(=?ISO-8859-1?Q?a?=)"},
      {"text (a b)", "(=?ISO-8859-1?Q?a?= b)", "(=?ISO-8859-1?Q?a?= b)"},
      {"text (ab)", "(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)",
       "(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)"},
      {"text (a b), one word", "(=?ISO-8859-1?Q?a_b?=)", "(=?ISO-8859-1?Q?a_b?=)"},
  };
  for (const Case& c : kCases) EXPECT_EQ(DecodeEncodedWords(c.in), c.want) << c.name;
}

TEST(EncodedWordDecoderTest, ReadsTheExampleOfRfc2231) {
  // §5, with a language.
  EXPECT_EQ(DecodeEncodedWords("=?US-ASCII*EN?Q?Keith_Moore?="), "Keith Moore");
}

TEST(EncodedWordDecoderTest, LeavesWhatIsMalformed) {
  constexpr const char* kCases[] = {
      "=?utf-8?q?a",       "=?utf-8?q?a?",       "=?utf-8?x?a?=",    "=?utf-8?q?=4?=",
      "=?utf-8?q?=GG?=",   "=?utf-8?b?a?=",      "=?utf-8?b?@@@@?=", "=?utf-8?q?=FF?=",
      "=?utf 8?q?a?=",     "=?utf-8?q?a b?=",    "x=?utf-8?q?a?=",   "=?utf-8?q?a?=x",
      "=?x-unknown?q?a?=", "=?us-ascii?q?=E4?=", "=??q?a?=",         "=?",
  };
  for (const char* text : kCases) EXPECT_EQ(DecodeEncodedWords(text), text);
}

TEST(EncodedWordDecoderTest, KeepsWhiteSpaceAroundPlainWords) {
  EXPECT_EQ(DecodeEncodedWords(" a  b\tc "), " a  b\tc ");
  EXPECT_EQ(DecodeEncodedWords("a =?utf-8?q?b?= c"), "a b c");
  EXPECT_EQ(DecodeEncodedWords("=?utf-8?q?a?=  c  =?utf-8?q?b?="), "a  c  b");
}

TEST(EncodedWordDecoderTest, JoinsCharactersSplitBetweenWords) {
  EXPECT_EQ(DecodeEncodedWords("=?utf-8?b?4oI=?= =?UTF-8?q?=AC?="), "€");
}

TEST(EncodedWordDecoderTest, ReadsCharsetsOfMail) {
  constexpr Case kCases[] = {
      {"koi8-r", "=?KOI8-R?B?8NLJ18XU?=", "Привет"},
      {"windows-1251", "=?windows-1251?Q?=CF=F0=E8=E2=E5=F2?=", "Привет"},
      {"windows-1252", "=?Windows-1252?Q?=80_5?=", "€ 5"},
      {"iso-8859-15", "=?iso-8859-15?q?=A4?=", "€"},
      {"iso-2022-jp", "=?ISO-2022-JP?B?GyRCJDMkcyRLJEEkTxsoQg==?=", "こんにちは"},
      {"shift_jis", "=?Shift_JIS?B?grGC8YLJgr+CzQ==?=", "こんにちは"},
      {"gb2312", "=?GB2312?B?xOO6ww==?=", "你好"},
      {"big5", "=?Big5?B?p0Gmbg==?=", "你好"},
      {"euc-kr", "=?EUC-KR?B?vsiz5w==?=", "안녕"},
  };
  for (const Case& c : kCases) EXPECT_EQ(DecodeEncodedWords(c.in), c.want) << c.name;
}

TEST(EncodedWordDecoderTest, TellsTheLengthOfAWord) {
  const std::optional<EncodedWord> word = ParseEncodedWord("=?utf-8?q?a_b?= c");
  ASSERT_TRUE(word.has_value());
  EXPECT_EQ(word->charset, "utf-8");
  EXPECT_EQ(word->bytes, "a b");
  EXPECT_EQ(word->length, 15u);
}

}  // namespace
}  // namespace mailstrom::message
