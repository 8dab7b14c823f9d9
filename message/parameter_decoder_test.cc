#include "message/parameter_decoder.h"

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "message/mime_fields.h"

namespace mailstrom::message {
namespace {

// The parameters of a Content-Type field as `name=[value]` each.
std::string Decode(absl::string_view value) {
  const absl::StatusOr<ContentType> content_type = ParseContentType(value);
  if (!content_type.ok()) return std::string(content_type.status().message());
  std::string text;
  for (const MimeParameter& parameter : DecodeParameters(content_type->parameters)) {
    absl::StrAppend(&text, parameter.name, "=[", parameter.value, "]");
  }
  return text;
}

struct Case {
  const char* name;
  const char* in;
  const char* want;
};

TEST(ParameterDecoderTest, ReadsTheExamplesOfRfc2231) {
  constexpr Case kCases[] = {
      {"3, not split",
       "message/external-body; access-type=URL;"
       " URL=\"ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar\"",
       "access-type=[URL]url=[ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar]"},
      {"3, split",
       "message/external-body; access-type=URL; URL*0=\"ftp://\";"
       " URL*1=\"cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar\"",
       "access-type=[URL]url=[ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar]"},
      {"4, charset and language",
       "application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
       "title=[This is ***fun***]"},
      {"4.1, both",
       "application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20;"
       " title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"",
       "title=[This is even more ***fun*** isn't it!]"},
  };
  for (const Case& c : kCases) EXPECT_EQ(Decode(c.in), c.want) << c.name;
}

TEST(ParameterDecoderTest, JoinsInOrderAndStopsAtAGap) {
  EXPECT_EQ(Decode("a/b; x*1=b; x*0=a; x*3=d"), "x=[ab]");
  EXPECT_EQ(Decode("a/b; x*1=b"), "");
  EXPECT_EQ(Decode("a/b; x*0*=utf-8''%E2; x*1*=%82%AC"), "x=[€]");
}

TEST(ParameterDecoderTest, DropsWhatIsMalformed) {
  EXPECT_EQ(Decode("a/b; x*=no-quotes"), "");
  EXPECT_EQ(Decode("a/b; x*=utf-8''%FF"), "");
  EXPECT_EQ(Decode("a/b; x*=x-unknown''a"), "");
  EXPECT_EQ(Decode("a/b; x*=utf-8''50%"), "x=[50%]");
}

}  // namespace
}  // namespace mailstrom::message
