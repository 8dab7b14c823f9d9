#include "message/mime_fields.h"

#include <string>

#include "gtest/gtest.h"

namespace mailstrom::message {
namespace {

std::string Describe(const ContentType& type) {
  std::string result = type.type + "/" + type.subtype;
  for (const MimeParameter& p : type.parameters) result += "|" + p.name + "=" + p.value;
  return result;
}

TEST(MimeFieldsTest, ParsesContentType) {
  struct Case {
    const char* value;
    const char* want;
  };
  const Case cases[] = {
      {" text/plain", "text/plain"},
      {"TEXT/Plain; CharSet=US-ASCII (Plain text)", "text/plain|charset=US-ASCII"},
      {"text/plain; charset=\"us-ascii\"", "text/plain|charset=us-ascii"},
      {"multipart/mixed;\r\n boundary=\"a b\\\"c\" ; x = y", "multipart/mixed|boundary=a b\"c|x=y"},
      {"application/x-stuff; title*0*=us-ascii'en'This; title*1=\"is\"",
       "application/x-stuff|title*0*=us-ascii'en'This|title*1=is"},
      {"a/b;c=\"\"", "a/b|c="},
      {"(c) text (d) / (e) html", "text/html"},
  };
  for (const Case& c : cases) {
    const absl::StatusOr<ContentType> type = ParseContentType(c.value);
    ASSERT_TRUE(type.ok()) << c.value << ": " << type.status();
    EXPECT_EQ(Describe(*type), c.want);
  }
}

TEST(MimeFieldsTest, RefusesContentType) {
  const char* const cases[] = {
      "",           "text",           "text/",         "/plain",     "text/plain;",
      "a/b; c",     "a/b; c=",        "a/b; =c",       "a/b c=d",    "a/b; c=d e",
      "a/b; c=\"d", "a/b; c=\"d\" e", "a/b; c=d; C=e", "a/b; c=d/e", "a/b (open",
  };
  for (const char* value : cases) EXPECT_FALSE(ParseContentType(value).ok()) << value;
}

TEST(MimeFieldsTest, JudgesBoundaries) {
  for (const std::string& text :
       {std::string("a"), std::string("a b"), std::string("'()+_,-./:=?"), std::string(70, 'x')}) {
    EXPECT_TRUE(IsBoundary(text)) << text;
  }
  for (const std::string& text :
       {std::string(), std::string("a "), std::string("a\"b"), std::string("a@b"),
        std::string("a\xC3\xA4"), std::string("a\0b", 3), std::string(71, 'x')}) {
    EXPECT_FALSE(IsBoundary(text)) << text;
  }
}

TEST(MimeFieldsTest, ParsesDeclaredEncoding) {
  struct Case {
    const char* value;
    DeclaredEncoding want;
  };
  const Case cases[] = {
      {" 7bit", DeclaredEncoding::k7Bit},
      {"8BIT", DeclaredEncoding::k8Bit},
      {"binary", DeclaredEncoding::kBinary},
      {"Quoted-Printable (comment)", DeclaredEncoding::kQuotedPrintable},
      {"base64", DeclaredEncoding::kBase64},
      {"base64 x", DeclaredEncoding::kUnknown},
      {"x-uuencode", DeclaredEncoding::kUnknown},
      {"", DeclaredEncoding::kUnknown},
  };
  for (const Case& c : cases) EXPECT_EQ(ParseDeclaredEncoding(c.value), c.want) << c.value;
}

}  // namespace
}  // namespace mailstrom::message
