#include "server/metrics/http_endpoint.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asio/connect.hpp"
#include "asio/io_context.hpp"
#include "asio/ip/tcp.hpp"
#include "asio/read.hpp"
#include "asio/write.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailstrom::server {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// All that the endpoint says to one request.
std::string Ask(const HttpEndpoint& endpoint, const std::string& request_line) {
  const std::string& address = endpoint.address();
  asio::io_context context;
  asio::ip::tcp::socket socket(context);
  asio::ip::tcp::resolver resolver(context);
  asio::connect(socket, resolver.resolve("127.0.0.1", address.substr(address.rfind(':') + 1)));
  const std::string request = absl::StrCat(request_line, " HTTP/1.1\r\nHost: x\r\n\r\n");
  asio::error_code error;
  asio::write(socket, asio::buffer(request), error);
  std::string answer;
  asio::read(socket, asio::dynamic_buffer(answer), error);
  return answer;
}

class HttpEndpointTest : public ::testing::Test {
 protected:
  HttpEndpointTest() {
    auto endpoint = HttpEndpoint::Start(
        "127.0.0.1:0",
        {{"/good", [] { return HttpResponse{.content_type = "text/x", .body = "fine\n"}; }},
         {"/bad", [] { return HttpResponse{.status = 503, .body = "not now\n"}; }}});
    EXPECT_TRUE(endpoint.ok()) << endpoint.status();
    endpoint_ = *std::move(endpoint);
  }

  std::unique_ptr<HttpEndpoint> endpoint_;
};

TEST_F(HttpEndpointTest, ServesItsPages) {
  EXPECT_THAT(Ask(*endpoint_, "GET /good"),
              AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Content-Type: text/x\r\n"),
                    HasSubstr("Content-Length: 5\r\n"), EndsWith("\r\n\r\nfine\n")));
  EXPECT_THAT(Ask(*endpoint_, "GET /bad?x=y"),
              AllOf(StartsWith("HTTP/1.1 503 "), EndsWith("\r\n\r\nnot now\n")));
}

TEST_F(HttpEndpointTest, AnswersHeadWithoutBody) {
  EXPECT_THAT(
      Ask(*endpoint_, "HEAD /good"),
      AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Content-Length: 5\r\n"), EndsWith("\r\n\r\n")));
}

TEST_F(HttpEndpointTest, HasNothingElse) {
  for (const char* path : {"/", "/good/more", "/goodness", "/../etc/passwd", "/etc/passwd"}) {
    EXPECT_THAT(Ask(*endpoint_, absl::StrCat("GET ", path)), StartsWith("HTTP/1.1 404 ")) << path;
  }
}

TEST_F(HttpEndpointTest, RefusesOtherMethods) {
  EXPECT_THAT(Ask(*endpoint_, "POST /good"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(Ask(*endpoint_, "DELETE /good"), StartsWith("HTTP/1.1 405 "));
}

TEST_F(HttpEndpointTest, RefusesWhatIsTooLarge) {
  const std::string answer = Ask(*endpoint_, absl::StrCat("GET /good?", std::string(100000, 'x')));
  EXPECT_FALSE(absl::StartsWith(answer, "HTTP/1.1 200 ")) << answer;
  EXPECT_THAT(Ask(*endpoint_, "GET /good"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpEndpointTest, SaysWhenTheAddressIsTaken) {
  const auto second = HttpEndpoint::Start(endpoint_->address(), {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(endpoint_->address()));
}

}  // namespace
}  // namespace mailstrom::server
