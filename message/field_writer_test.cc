#include "message/field_writer.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "message/encoded_word_decoder.h"

namespace mailstrom::message {
namespace {

std::string Text(absl::string_view text, absl::string_view name = "Subject") {
  std::string out;
  FieldWriter field(name, out);
  field.AddText(text);
  field.Finish();
  return out;
}

std::string Phrase(absl::string_view text, absl::string_view suffix = "") {
  std::string out;
  FieldWriter field("To", out);
  field.AddPhrase(text, suffix);
  field.Finish();
  return out;
}

std::string Parameter(absl::string_view value) {
  std::string out;
  FieldWriter field("Content-Disposition", out);
  field.AddToken("attachment");
  field.AddParameter("filename", value);
  field.Finish();
  return out;
}

struct Case {
  std::string in;
  std::string want;
};

TEST(FieldWriterTest, LeavesPlainTextAsItIs) {
  const Case kCases[] = {
      {"", "Subject:\r\n"},
      {"Hello", "Subject: Hello\r\n"},
      {"Hello  there,\tyou", "Subject: Hello  there,\tyou\r\n"},
      {"a = b ? c", "Subject: a = b ? c\r\n"},
  };
  for (const Case& c : kCases) EXPECT_EQ(Text(c.in), c.want);
}

TEST(FieldWriterTest, EncodesOnlyTheWordsThatNeedIt) {
  const Case kCases[] = {
      {"für Anna", "Subject: =?utf-8?q?f=C3=BCr?= Anna\r\n"},
      {"a für über b", "Subject: a =?utf-8?b?ZsO8ciDDvGJlcg==?= b\r\n"},
      {"naïvety is fine", "Subject: =?utf-8?q?na=C3=AFvety?= is fine\r\n"},
      {"=?utf-8?q?a?=", "Subject: =?utf-8?b?PT91dGYtOD9xP2E/PQ==?=\r\n"},
      {" a", "Subject: =?utf-8?q?_a?=\r\n"},
      {"a ", "Subject: =?utf-8?q?a_?=\r\n"},
      {"  ", "Subject: =?utf-8?q?__?=\r\n"},
  };
  for (const Case& c : kCases) EXPECT_EQ(Text(c.in), c.want);
}

TEST(FieldWriterTest, FoldsBeforeWhiteSpace) {
  std::string words;
  for (int i = 0; i < 40; ++i) absl::StrAppend(&words, i > 0 ? " " : "", "word", i);
  const std::string folded = Text(words);
  std::string unfolded;
  for (absl::string_view line : absl::StrSplit(folded, "\r\n")) {
    EXPECT_LE(line.size(), 78u);
    absl::StrAppend(&unfolded, line);
  }
  EXPECT_EQ(unfolded, "Subject: " + words);
}

TEST(FieldWriterTest, KeepsTheFirstWordOnTheLineOfTheName) {
  const std::string word(200, 'x');
  EXPECT_EQ(Text(word + " y"), "Subject: " + word + "\r\n y\r\n");
  const std::string longest(kMaxTokenBytes, 'x');
  EXPECT_EQ(Text(longest), "Subject:\r\n " + longest + "\r\n");
}

TEST(FieldWriterTest, EncodesWordsTooLongForALine) {
  const std::string folded = Text(std::string(2000, 'x'));
  for (absl::string_view line : absl::StrSplit(folded, "\r\n")) EXPECT_LE(line.size(), 76u);
}

TEST(FieldWriterTest, SplitsEncodedWordsBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 60; ++i) text.append(i % 3 == 0 ? "€" : i % 3 == 1 ? "ü" : "😀");
  const std::string folded = Text(text);
  for (absl::string_view line : absl::StrSplit(folded, "\r\n")) {
    EXPECT_LE(line.size(), 76u);
    // Each word is whole by itself.
    if (const size_t begin = line.find("=?"); begin != absl::string_view::npos) {
      const auto word = ParseEncodedWord(line.substr(begin));
      ASSERT_TRUE(word.has_value());
      EXPECT_LE(word->length, 75u);
      EXPECT_NE(DecodeEncodedWords(line.substr(begin)), line.substr(begin));
    }
  }
}

TEST(FieldWriterTest, EncodesWithLongNames) {
  const std::string folded = Text("ü", std::string(76, 'n'));
  EXPECT_EQ(folded, std::string(76, 'n') + ":\r\n =?utf-8?b?w7w=?=\r\n");
}

TEST(FieldWriterTest, WritesPhrases) {
  const Case kCases[] = {
      {"Bob", "To: Bob\r\n"},
      {"Bob B", "To: Bob B\r\n"},
      {"Bob B.", "To: \"Bob B.\"\r\n"},
      {"Bob  B", "To: \"Bob  B\"\r\n"},
      {"a \"b\" \\", "To: \"a \\\"b\\\" \\\\\"\r\n"},
      {"=?utf-8?q?a?=", "To: =?utf-8?b?PT91dGYtOD9xP2E/PQ==?=\r\n"},
      {"ü", "To: =?utf-8?b?w7w=?=\r\n"},
      {" a", "To: =?utf-8?q?_a?=\r\n"},
      {"a\tb", "To: =?utf-8?b?YQli?=\r\n"},
      {"\"", "To: \"\\\"\"\r\n"},
  };
  for (const Case& c : kCases) EXPECT_EQ(Phrase(c.in), c.want);
}

TEST(FieldWriterTest, SetsEncodedPhrasesApartFromTheirColon) {
  EXPECT_EQ(Phrase("Team", ":;"), "To: Team:;\r\n");
  EXPECT_EQ(Phrase("T.", ":;"), "To: \"T.\":;\r\n");
  EXPECT_EQ(Phrase("Tür", ":;"), "To: =?utf-8?q?T=C3=BCr?= :;\r\n");
}

TEST(FieldWriterTest, WritesParameters) {
  const Case kCases[] = {
      {"a.txt", "Content-Disposition: attachment; filename=a.txt\r\n"},
      {"a b.txt", "Content-Disposition: attachment; filename=\"a b.txt\"\r\n"},
      {"", "Content-Disposition: attachment; filename=\"\"\r\n"},
      {"O'Neil", "Content-Disposition: attachment; filename=\"O'Neil\"\r\n"},
      {"a\"b", "Content-Disposition: attachment; filename*=utf-8''a%22b\r\n"},
      {"ü.txt", "Content-Disposition: attachment; filename*=utf-8''%c3%bc.txt\r\n"},
      {"=?a", "Content-Disposition: attachment; filename*=utf-8''%3d%3fa\r\n"},
  };
  for (const Case& c : kCases) EXPECT_EQ(Parameter(c.in), c.want);
}

TEST(FieldWriterTest, SplitsLongParameters) {
  EXPECT_EQ(Parameter(std::string(100, 'x')),
            absl::StrCat("Content-Disposition: attachment;\r\n filename*0*=utf-8''",
                         std::string(54, 'x'), ";\r\n filename*1*=", std::string(46, 'x'), "\r\n"));
}

TEST(FieldWriterTest, SplitsParametersWithLongNames) {
  const std::string name(200, 'n');
  std::string out;
  FieldWriter field("Content-Type", out);
  field.AddToken("a/b");
  field.AddParameter(name, std::string(30, 'x'));
  field.Finish();
  EXPECT_EQ(out, absl::StrCat("Content-Type: a/b;\r\n ", name, "*0*=utf-8''", std::string(17, 'x'),
                              ";\r\n ", name, "*1*=", std::string(13, 'x'), "\r\n"));
}

}  // namespace
}  // namespace mailstrom::message
