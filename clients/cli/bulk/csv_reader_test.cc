#include "clients/cli/bulk/csv_reader.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace mailstrom::cli {
namespace {

using Record = std::vector<std::string>;

absl::StatusOr<std::vector<Record>> ReadAll(const std::string& text) {
  std::istringstream in(text);
  CsvReader reader(in);
  std::vector<Record> records;
  for (;;) {
    Record record;
    const absl::StatusOr<bool> more = reader.Next(record);
    if (!more.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(reader.line(), ": ", more.status().message()));
    }
    if (!*more) return records;
    records.push_back(record);
  }
}

TEST(CsvReaderTest, ReadsRecords) {
  const struct {
    std::string text;
    std::vector<Record> want;
  } kCases[] = {
      {"", {}},
      {"\xef\xbb\xbf", {}},
      {"a,b\r\nc,d\r\n", {{"a", "b"}, {"c", "d"}}},
      {"a,b\nc,d", {{"a", "b"}, {"c", "d"}}},
      {"\xef\xbb\xbf"
       "a\n",
       {{"a"}}},
      {",\n,,", {{"", ""}, {"", "", ""}}},
      {"\n\r\na\n\n\nb\n\n", {{"a"}, {"b"}}},
      {"\"a\",\"b,c\",\"d\"\"e\",\"\"\n", {{"a", "b,c", "d\"e", ""}}},
      {"\"two\r\nlines\",x\n", {{"two\r\nlines", "x"}}},
      {"\"\"\"\"", {{"\""}}},
      {" a , b \n", {{" a ", " b "}}},
      {"\"\"\n", {{""}}},
  };
  for (const auto& test : kCases) {
    const auto records = ReadAll(test.text);
    ASSERT_TRUE(records.ok()) << test.text << records.status();
    EXPECT_EQ(*records, test.want) << test.text;
  }
}

TEST(CsvReaderTest, SaysWhereItIsMalformed) {
  const struct {
    std::string text;
    std::string error;
  } kCases[] = {
      {"a\nb\"c\n", "2: a quote within a field that does not begin with one"},
      {"a\n\"b\"c\n", "2: text after the closing quote of a field"},
      {"a,\"b\nc\"\nd,\"e\nf\n", "3: a quote that is opened here is never closed"},
      {"a\rb\n", "1: a CR without an LF"},
      {"\ra", "1: a CR without an LF"},
      {"a\n\n\r", "3: a CR without an LF"},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(ReadAll(test.text).status().message(), test.error) << test.text;
  }
}

TEST(CsvReaderTest, RecordsBeginWhereTheyBegin) {
  std::istringstream in("a\n\n\"b\nc\"\nd\n");
  CsvReader reader(in);
  Record record;
  std::vector<int64_t> lines;
  while (*reader.Next(record)) lines.push_back(reader.line());
  EXPECT_EQ(lines, (std::vector<int64_t>{1, 3, 5}));
}

TEST(CsvReaderTest, ARecordIsBounded) {
  for (const std::string text :
       {"\"aaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaa", ",,,,,,,,,,,,,,,,,"}) {
    std::istringstream in("x\n" + text);
    CsvReader reader(in, /*max_record_bytes=*/10);
    Record record;
    ASSERT_TRUE(*reader.Next(record));
    const absl::Status status = reader.Next(record).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << text;
    EXPECT_EQ(reader.line(), 2);
    EXPECT_EQ(reader.Next(record).status(), status);
  }
}

// Whatever is written by the rules comes back, and whatever is not leads to an end.
TEST(CsvReaderTest, RandomRecordsComeBack) {
  absl::BitGen bits;
  constexpr absl::string_view kBytes = "ab,\"\r\n \t\xc3\xa4";
  for (int round = 0; round < 2000; ++round) {
    std::vector<Record> want(absl::Uniform(bits, 1, 5));
    std::string written;
    std::string noise;
    for (Record& record : want) {
      record.resize(absl::Uniform(bits, 1, 5));
      std::vector<std::string> fields;
      for (std::string& field : record) {
        field.resize(absl::Uniform(bits, 0, 6));
        for (char& byte : field) byte = kBytes[absl::Uniform<size_t>(bits, 0, kBytes.size())];
        absl::StrAppend(&noise, field);
        fields.push_back(absl::StrCat("\"", absl::StrReplaceAll(field, {{"\"", "\"\""}}), "\""));
      }
      absl::StrAppend(&written, absl::StrJoin(fields, ","),
                      absl::Bernoulli(bits, 0.5) ? "\r\n" : "\n");
    }
    const auto records = ReadAll(written);
    ASSERT_TRUE(records.ok()) << written << records.status();
    EXPECT_EQ(*records, want) << written;
    const auto any = ReadAll(noise);
    EXPECT_TRUE(any.ok() || absl::IsInvalidArgument(any.status()));
  }
}

}  // namespace
}  // namespace mailstrom::cli
