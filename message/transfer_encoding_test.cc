#include "message/transfer_encoding.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

namespace mailstrom::message {
namespace {

std::string Qp(absl::string_view data, LineMode mode = LineMode::kText) {
  std::string out;
  AppendQuotedPrintable(data, mode, out);
  EXPECT_EQ(QuotedPrintableSize(data, mode), out.size());
  return out;
}

std::string Base64(absl::string_view data) {
  std::string out;
  AppendBase64(data, out);
  EXPECT_EQ(Base64Size(data.size()), out.size());
  return out;
}

std::string Repeat(absl::string_view text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) absl::StrAppend(&result, text);
  return result;
}

// Undoes quoted-printable as plainly as can be.
std::string DecodeQp(absl::string_view text) {
  std::string data;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      data.push_back(text[i]);
      continue;
    }
    if (text.substr(i + 1, 2) != "\r\n") {
      data.append(absl::HexStringToBytes(text.substr(i + 1, 2)));
    }
    i += 2;
  }
  return data;
}

void ExpectQpLines(absl::string_view encoded) {
  for (absl::string_view line : absl::StrSplit(encoded, "\r\n")) {
    ASSERT_LE(line.size(), 76u);
    ASSERT_FALSE(!line.empty() && (line.back() == ' ' || line.back() == '\t')) << line;
    for (const char c : line) ASSERT_TRUE((c >= ' ' && c <= '~') || c == '\t');
  }
}

struct Case {
  std::string in;
  std::string want;
};

TEST(QuotedPrintableTest, EncodesText) {
  const Case kCases[] = {
      {"", ""},
      {"abc", "abc"},
      {"abc\r\n", "abc\r\n"},
      {"a=b", "a=3Db"},
      {"ü", "=C3=BC"},
      {"a \r\nb\t\r\n", "a=20\r\nb=09\r\n"},
      {"a b\tc", "a b\tc"},
      {"a ", "a=20"},
      {" ", "=20"},
      {"\r\n\r\n", "\r\n\r\n"},
      {"a\rb\nc", "a=0Db=0Ac"},
      {"\r\r\n", "=0D\r\n"},
      {"\x01\x7f", "=01=7F"},
      {std::string("\0", 1), "=00"},
      {std::string(76, 'x'), std::string(76, 'x')},
      {std::string(77, 'x'), std::string(75, 'x') + "=\r\nxx"},
      {std::string(76, 'x') + "\r\n", std::string(76, 'x') + "\r\n"},
      {std::string(75, 'x') + " \r\n", std::string(75, 'x') + "=\r\n=20\r\n"},
      {std::string(74, 'x') + " \r\n", std::string(74, 'x') + "=\r\n=20\r\n"},
      {std::string(73, 'x') + " \r\n", std::string(73, 'x') + "=20\r\n"},
      {std::string(73, 'x') + "=", std::string(73, 'x') + "=3D"},
      {std::string(73, 'x') + "=x", std::string(73, 'x') + "=\r\n=3Dx"},
      {std::string(72, 'x') + "=x", std::string(72, 'x') + "=3Dx"},
      {Repeat("=", 26), Repeat("=3D", 25) + "=\r\n=3D"},
  };
  for (const Case& c : kCases) EXPECT_EQ(Qp(c.in), c.want);
}

TEST(QuotedPrintableTest, TakesLineBreaksForDataInBinaryMode) {
  EXPECT_EQ(Qp("a\r\nb \r\n", LineMode::kBinary), "a=0D=0Ab =0D=0A");
}

TEST(QuotedPrintableTest, AppendsBehindWhatIsThere) {
  std::string out = "x";
  AppendQuotedPrintable("=", LineMode::kText, out);
  EXPECT_EQ(out, "x=3D");
}

TEST(QuotedPrintableTest, ReadsBackEqual) {
  std::mt19937 random(1);
  for (int i = 0; i < 4000; ++i) {
    std::string data;
    const size_t kind = random() % 4;
    for (size_t size = random() % 400; size > 0; --size) {
      data.push_back(kind == 0   ? static_cast<char>(random())
                     : kind == 1 ? "x \t\r\n=.y"[random() % 8]
                     : kind == 2 ? "xxxxxxxx xxxxxxx=\r\n"[random() % 19]
                                 : static_cast<char>(' ' + random() % 95));
      if (kind > 1 && random() % 90 == 0) data.append("\r\n");
    }
    for (const LineMode mode : {LineMode::kText, LineMode::kBinary}) {
      const std::string encoded = Qp(data, mode);
      ExpectQpLines(encoded);
      ASSERT_EQ(DecodeQp(encoded), data);
    }
  }
}

TEST(Base64Test, EncodesTheVectorsOfRfc4648) {
  const Case kCases[] = {
      {"", ""},
      {"f", "Zg==\r\n"},
      {"fo", "Zm8=\r\n"},
      {"foo", "Zm9v\r\n"},
      {"foob", "Zm9vYg==\r\n"},
      {"fooba", "Zm9vYmE=\r\n"},
      {"foobar", "Zm9vYmFy\r\n"},
  };
  for (const Case& c : kCases) EXPECT_EQ(Base64(c.in), c.want);
}

TEST(Base64Test, UsesEveryDigit) {
  std::string all;
  for (int i = 0; i < 64; ++i) {
    const uint32_t bits = i << 18 | i << 12 | i << 6 | i;
    all.push_back(static_cast<char>(bits >> 16));
    all.push_back(static_cast<char>(bits >> 8));
    all.push_back(static_cast<char>(bits));
  }
  std::string want;
  for (const char c :
       std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")) {
    want.append(4, c);
  }
  std::string got = Base64(all);
  got.erase(std::remove_if(got.begin(), got.end(), [](char c) { return c == '\r' || c == '\n'; }),
            got.end());
  EXPECT_EQ(got, want);
}

TEST(Base64Test, ReadsBackEqualInLinesOf76) {
  std::mt19937 random(2);
  for (size_t size = 0; size < 700; ++size) {
    std::string data(size, '\0');
    for (char& c : data) c = static_cast<char>(random());
    const std::string encoded = Base64(data);
    std::string decoded;
    ASSERT_TRUE(absl::Base64Unescape(encoded, &decoded));
    ASSERT_EQ(decoded, data);
    for (size_t pos = 0; pos < encoded.size(); pos += 78) {
      const size_t line = encoded.find("\r\n", pos) - pos;
      ASSERT_TRUE(line == 76 || pos + line + 2 == encoded.size());
    }
  }
}

TEST(TransferEncodingTest, KnowsWhatIs7bit) {
  for (const std::string& text :
       {std::string(), std::string("a"), std::string("a\r\n"), std::string("\x01\x7f\t"),
        std::string(998, 'x'), std::string(998, 'x') + "\r\n"}) {
    EXPECT_TRUE(Is7bit(text)) << absl::CEscape(text);
  }
  for (const std::string& text :
       {std::string("\0", 1), std::string("\x80"), std::string("a\n"), std::string("a\r"),
        std::string("a\rb\r\n"), std::string("\r\r\n"), std::string("\n\r"),
        std::string("a\nb\r\n"), std::string(999, 'x'), std::string(999, 'x') + "\r\n"}) {
    EXPECT_FALSE(Is7bit(text)) << absl::CEscape(text);
  }
}

TEST(TransferEncodingTest, ChoosesTheShortest) {
  EXPECT_EQ(ChooseTransferEncoding("plain\r\n", LineMode::kText), TransferEncoding::k7bit);
  EXPECT_EQ(ChooseTransferEncoding("plain\r\n", LineMode::kBinary),
            TransferEncoding::kQuotedPrintable);
  EXPECT_EQ(ChooseTransferEncoding("plain text with one ü\r\n", LineMode::kText),
            TransferEncoding::kQuotedPrintable);
  EXPECT_EQ(ChooseTransferEncoding("日本語日本語\r\n", LineMode::kText), TransferEncoding::kBase64);
  EXPECT_EQ(ChooseTransferEncoding(std::string(1000, 'x'), LineMode::kText),
            TransferEncoding::kQuotedPrintable);
  EXPECT_EQ(ChooseTransferEncoding("", LineMode::kBinary), TransferEncoding::kQuotedPrintable);
}

}  // namespace
}  // namespace mailstrom::message
