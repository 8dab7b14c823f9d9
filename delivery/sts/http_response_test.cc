#include "delivery/sts/http_response.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

constexpr char kOk[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n";

std::string BodyOf(const std::string& bytes, bool closed) {
  const auto body = ReadHttpResponse(bytes, closed);
  if (!body.ok()) return absl::StrCat("error ", absl::StatusCodeToString(body.status().code()));
  return body->has_value() ? absl::StrCat("body ", **body) : "more";
}

TEST(HttpResponseTest, ReadsBodiesInEveryFraming) {
  const struct {
    std::string bytes;
    bool closed;
    std::string want;
  } kCases[] = {
      {absl::StrCat(kOk, "Content-Length: 3\r\n\r\nabc"), false, "body abc"},
      {absl::StrCat(kOk, "Content-Length: 3\r\n\r\nab"), false, "more"},
      {absl::StrCat(kOk, "Content-Length: 3\r\n\r\nab"), true, "error INVALID_ARGUMENT"},
      {absl::StrCat(kOk, "\r\nabc"), false, "more"},
      {absl::StrCat(kOk, "\r\nabc"), true, "body abc"},
      {absl::StrCat(kOk, "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n"),
       false, "body abc"},
      {absl::StrCat(kOk, "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"), false, "more"},
      {absl::StrCat(kOk, "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"), true,
       "error INVALID_ARGUMENT"},
      {absl::StrCat(kOk, "Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n"), false,
       "error INVALID_ARGUMENT"},
      {"HTTP/1.1 200", false, "more"},
      {"HTTP/1.1 200", true, "error INVALID_ARGUMENT"},
  };
  for (const auto& test : kCases) EXPECT_EQ(BodyOf(test.bytes, test.closed), test.want);
}

TEST(HttpResponseTest, TakesNothingElse) {
  const char* const refused = "error FAILED_PRECONDITION";
  EXPECT_EQ(BodyOf("HTTP/1.1 404 No\r\nContent-Type: text/plain\r\n\r\n", true), refused);
  EXPECT_EQ(BodyOf("HTTP/1.1 301 Go\r\nLocation: https://evil.test/\r\n\r\n", true), refused);
  EXPECT_EQ(BodyOf("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nx", true), refused);
  EXPECT_EQ(BodyOf("HTTP/1.1 200 OK\r\n\r\nx", true), refused);
  for (const char* garbage :
       {"220 mx ESMTP\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"}) {
    EXPECT_EQ(BodyOf(garbage, true), "error INVALID_ARGUMENT") << garbage;
  }
}

}  // namespace
}  // namespace mailstrom::delivery
