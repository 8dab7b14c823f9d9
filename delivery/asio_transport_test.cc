#include "delivery/asio_transport.h"

#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "asio/buffer.hpp"
#include "asio/co_spawn.hpp"
#include "asio/io_context.hpp"
#include "asio/ip/tcp.hpp"
#include "asio/read.hpp"
#include "asio/ssl/context.hpp"
#include "asio/ssl/stream.hpp"
#include "asio/write.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/test_certificate.h"

namespace mailstrom::delivery {
namespace {

using asio::ip::tcp;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr absl::Duration kTimeout = absl::Seconds(30);

// Real sockets on the loopback interface; time-outs on a clock that moves only when told.
class AsioTransportTest : public testing::Test {
 protected:
  AsioTransportTest() : acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    Configure(AsioConnectorOptions());
  }

  void Configure(AsioConnectorOptions options) {
    connector_ = std::make_unique<AsioConnector>(clock_, std::move(options));
  }

  template <typename T>
  using Result = std::shared_ptr<std::optional<T>>;

  template <typename T>
  Result<T> Begin(asio::awaitable<T> call) {
    auto result = std::make_shared<std::optional<T>>();
    asio::co_spawn(io_, std::move(call), [result](std::exception_ptr error, T value) {
      ASSERT_FALSE(error);
      *result = std::move(value);
    });
    return result;
  }

  template <typename T>
  T Finish(const Result<T>& result) {
    io_.restart();
    while (!result->has_value()) io_.run_one();
    return std::move(**result);
  }

  template <typename T>
  T Run(asio::awaitable<T> call) {
    return Finish<T>(Begin(std::move(call)));
  }

  void Settle() {
    io_.restart();
    io_.poll();
  }

  Endpoint ServerEndpoint() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }

  // Connects `stream_` with `server_`.
  void Connect() {
    bool accepted = false;
    acceptor_.async_accept([&](asio::error_code error, tcp::socket socket) {
      ASSERT_FALSE(error);
      server_.emplace(std::move(socket));
      accepted = true;
    });
    auto stream = Run(connector_->Connect(ServerEndpoint(), kTimeout));
    ASSERT_TRUE(stream.ok()) << stream.status();
    stream_ = *std::move(stream);
    while (!accepted) io_.run_one();
  }

  std::string Read(size_t limit = 1000) {
    std::string buffer(limit, '\0');
    const absl::StatusOr<size_t> size =
        Run(stream_->Read(absl::MakeSpan(buffer.data(), buffer.size()), kTimeout));
    if (!size.ok()) return size.status().ToString();
    buffer.resize(*size);
    return buffer;
  }

  FakeClock clock_;
  asio::io_context io_;
  tcp::acceptor acceptor_;
  std::unique_ptr<AsioConnector> connector_;
  std::optional<tcp::socket> server_;
  std::unique_ptr<Stream> stream_;
};

TEST_F(AsioTransportTest, CarriesBytesBothWays) {
  Connect();
  asio::write(*server_, asio::buffer("hello", 5));
  EXPECT_EQ(Read(), "hello");
  EXPECT_TRUE(Run(stream_->Write("world", kTimeout)).ok());
  char buffer[5];
  asio::read(*server_, asio::buffer(buffer));
  EXPECT_EQ(std::string(buffer, 5), "world");
  EXPECT_EQ(clock_.alarm_count(), 0u);
}

TEST_F(AsioTransportTest, ReadsNoMoreThanTheBufferHolds) {
  Connect();
  asio::write(*server_, asio::buffer("hello", 5));
  EXPECT_EQ(Read(2), "he");
  EXPECT_EQ(Read(2), "ll");
  EXPECT_EQ(Read(2), "o");
}

TEST_F(AsioTransportTest, PeerCloses) {
  Connect();
  asio::write(*server_, asio::buffer("x", 1));
  server_.reset();
  EXPECT_EQ(Read(), "x");
  EXPECT_EQ(Read(), "");
}

TEST_F(AsioTransportTest, PeerResets) {
  Connect();
  server_->set_option(asio::socket_base::linger(true, 0));
  server_->close();
  EXPECT_THAT(Read(), StartsWith("UNAVAILABLE"));
}

TEST_F(AsioTransportTest, ConnectionRefused) {
  const Endpoint endpoint = ServerEndpoint();
  acceptor_.close();
  const auto stream = Run(connector_->Connect(endpoint, kTimeout));
  EXPECT_EQ(stream.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(clock_.alarm_count(), 0u);
}

TEST_F(AsioTransportTest, NotAnAddress) {
  const auto stream = Run(connector_->Connect({"localhost", 25}, kTimeout));
  EXPECT_EQ(stream.status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(AsioTransportTest, ConnectTimesOut) {
  // A full backlog takes no more connections and refuses none.
  acceptor_.listen(0);
  std::vector<Result<absl::StatusOr<std::unique_ptr<Stream>>>> connects;
  do {
    ASSERT_LT(connects.size(), 10u) << "the backlog never fills";
    connects.push_back(Begin(connector_->Connect(ServerEndpoint(), kTimeout)));
    Settle();
  } while (connects.back()->has_value());
  clock_.Advance(kTimeout - absl::Seconds(1));
  Settle();
  ASSERT_FALSE(connects.back()->has_value());
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Finish(connects.back()).status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(AsioTransportTest, ReadTimesOutAndEndsTheStream) {
  Connect();
  char buffer[10];
  const auto read = Begin(stream_->Read(absl::MakeSpan(buffer), kTimeout));
  Settle();
  clock_.Advance(kTimeout);
  EXPECT_EQ(Finish(read).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(Run(stream_->Write("x", kTimeout)).ok());
}

TEST_F(AsioTransportTest, WriteTimeoutCoversProgress) {
  Connect();
  // More than the sockets' buffers hold and the server will take.
  const std::string data(64 << 20, 'x');
  const auto write = Begin(stream_->Write(data, kTimeout));
  Settle();
  std::vector<char> buffer(1 << 20);
  size_t taken = 0;
  for (int i = 0; i < 3; ++i) {
    // Less than the time-out each time, more than it in all.
    clock_.Advance(kTimeout * 3 / 4);
    ASSERT_FALSE(write->has_value()) << (*write)->ToString();
    while (server_->available() > 0) taken += server_->read_some(asio::buffer(buffer));
    Settle();
  }
  EXPECT_LT(taken, data.size());
  ASSERT_FALSE(write->has_value());
  clock_.Advance(kTimeout);
  EXPECT_EQ(Finish(write).code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(AsioTransportTest, WhatCameBeforeTheBreakCanBeReadAfterIt) {
  Connect();
  const std::string data(64 << 20, 'x');
  const auto write = Begin(stream_->Write(data, kTimeout));
  Settle();
  asio::write(*server_, asio::buffer("552 no\r\n", 8));
  // Bytes not read make this a reset.
  server_.reset();
  EXPECT_EQ(Finish(write).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Read(), "552 no\r\n");
}

TEST_F(AsioTransportTest, CloseEndsACallUnderWay) {
  Connect();
  char buffer[10];
  const auto read = Begin(stream_->Read(absl::MakeSpan(buffer), kTimeout));
  Settle();
  stream_->Close();
  EXPECT_EQ(Finish(read).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(clock_.alarm_count(), 0u);
  EXPECT_FALSE(Run(stream_->Write("x", kTimeout)).ok());
  stream_->Close();
}

TEST_F(AsioTransportTest, StreamMayGoBeforeItsCallEnds) {
  Connect();
  char buffer[10];
  const auto read = Begin(stream_->Read(absl::MakeSpan(buffer), kTimeout));
  Settle();
  stream_.reset();
  connector_.reset();
  EXPECT_EQ(Finish(read).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(AsioTransportTest, ConnectsOverIpv6) {
  asio::error_code error;
  tcp::acceptor acceptor(io_);
  acceptor.open(tcp::v6(), error);
  if (!error) acceptor.bind(tcp::endpoint(asio::ip::address_v6::loopback(), 0), error);
  if (error) GTEST_SKIP() << "no IPv6 here";
  acceptor.listen();
  const auto stream = Run(connector_->Connect({"::1", acceptor.local_endpoint().port()}, kTimeout));
  EXPECT_TRUE(stream.ok()) << stream.status();
}

TEST_F(AsioTransportTest, ConnectsFromTheGivenAddress) {
  tcp::socket server(io_);
  acceptor_.async_accept(server, [](asio::error_code) {});
  Endpoint peer = ServerEndpoint();
  peer.source = "127.0.0.9";
  const auto stream = Run(connector_->Connect(peer, kTimeout));
  ASSERT_TRUE(stream.ok()) << stream.status();
  Settle();
  EXPECT_EQ(server.remote_endpoint().address().to_string(), "127.0.0.9");
}

TEST_F(AsioTransportTest, SourceThatIsNotOfThisHostIsTold) {
  for (const char* source : {"x", "::1", "192.0.2.1"}) {
    Endpoint peer = ServerEndpoint();
    peer.source = source;
    const absl::Status status = Run(connector_->Connect(peer, kTimeout)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_NE(status.message().find(source), absl::string_view::npos) << status;
  }
}

class AsioTlsTest : public AsioTransportTest {
 protected:
  AsioTlsTest()
      : root_(TestCertificate::SelfSigned(
            {"Test Root", {}, -absl::Hours(1), absl::Hours(1), true, ""})),
        context_(asio::ssl::context::tls_server) {
    const char* const directory = std::getenv("TEST_TMPDIR");
    roots_file_ = absl::StrCat(directory == nullptr ? "/tmp" : directory, "/roots.pem");
    std::ofstream(roots_file_) << root_.CertificatePem();
    Configure(WithRoots());
    Use(root_.Issue({"mx.test", {"mx.test"}}));
  }

  AsioConnectorOptions WithRoots() const {
    AsioConnectorOptions options;
    options.trusted_roots_file = roots_file_;
    return options;
  }

  void Use(const TestCertificate& certificate) {
    const std::string pem = certificate.CertificatePem();
    const std::string key = certificate.KeyPem();
    context_.use_certificate(asio::buffer(pem), asio::ssl::context::pem);
    context_.use_private_key(asio::buffer(key), asio::ssl::context::pem);
  }

  absl::StatusOr<std::string> Handshake(bool verify, const std::string& name = "mx.test") {
    return Handshake(TlsParameters{name, verify});
  }

  absl::StatusOr<std::string> Handshake(TlsParameters parameters) {
    Connect();
    tls_.emplace(*server_, context_);
    bool done = false;
    tls_->async_handshake(asio::ssl::stream_base::server, [&](asio::error_code error) {
      server_error_ = error;
      const char* const asked =
          SSL_get_servername(tls_->native_handle(), TLSEXT_NAMETYPE_host_name);
      server_name_ = asked == nullptr ? "" : asked;
      done = true;
    });
    auto tls = Run(stream_->StartTls(std::move(parameters), kTimeout));
    if (!tls.ok()) stream_->Close();
    while (!done) io_.run_one();
    return tls;
  }

  // Also reads from the peer, so that its tickets arrive.
  bool HandshakeIsResumed(TlsParameters parameters) {
    const absl::StatusOr<std::string> tls = Handshake(std::move(parameters));
    EXPECT_TRUE(tls.ok()) << tls.status();
    if (!tls.ok()) return false;
    asio::write(*tls_, asio::buffer("x", 1));
    EXPECT_EQ(Read(), "x");
    return SSL_session_reused(tls_->native_handle()) == 1;
  }

  absl::StatusCode HandshakeCode(bool verify, const std::string& name = "mx.test") {
    return Handshake(verify, name).status().code();
  }

  const TestCertificate root_;
  std::string roots_file_;
  asio::ssl::context context_;
  std::optional<asio::ssl::stream<tcp::socket&>> tls_;
  asio::error_code server_error_;
  std::string server_name_;
};

TEST_F(AsioTlsTest, CarriesBytesBothWays) {
  const absl::StatusOr<std::string> tls = Handshake(true);
  ASSERT_TRUE(tls.ok()) << tls.status();
  EXPECT_EQ(*tls, "TLSv1.3 TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(server_name_, "mx.test");
  asio::write(*tls_, asio::buffer("hello", 5));
  EXPECT_EQ(Read(2), "he");
  EXPECT_EQ(Read(), "llo");
  const std::string data(100000, 'x');
  EXPECT_TRUE(Run(stream_->Write(data, kTimeout)).ok());
  std::string buffer(data.size(), '\0');
  asio::read(*tls_, asio::buffer(buffer));
  EXPECT_EQ(buffer, data);
}

TEST_F(AsioTlsTest, ClosesWithNotice) {
  ASSERT_TRUE(Handshake(false).ok());
  stream_->Close();
  char buffer[1];
  asio::error_code error;
  asio::read(*tls_, asio::buffer(buffer), error);
  // Without close_notify this would be stream_truncated.
  EXPECT_EQ(error, asio::error::eof);
}

TEST_F(AsioTlsTest, PeerCloses) {
  ASSERT_TRUE(Handshake(false).ok());
  // Many servers send no close_notify.
  server_->close();
  EXPECT_EQ(Read(), "");
}

TEST_F(AsioTlsTest, Tls12IsTheLeast) {
  SSL_CTX_set_max_proto_version(context_.native_handle(), TLS1_2_VERSION);
  const absl::StatusOr<std::string> tls = Handshake(false);
  ASSERT_TRUE(tls.ok()) << tls.status();
  EXPECT_EQ(*tls, "TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
  SSL_CTX_set_max_proto_version(context_.native_handle(), TLS1_1_VERSION);
  SSL_CTX_set_min_proto_version(context_.native_handle(), TLS1_VERSION);
  EXPECT_EQ(HandshakeCode(false), absl::StatusCode::kFailedPrecondition);
}

TEST_F(AsioTlsTest, ResumesSessionsOfTheSameNameAndVerification) {
  for (const uint16_t version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SCOPED_TRACE(version);
    Configure(WithRoots());
    SSL_CTX_set_max_proto_version(context_.native_handle(), version);
    EXPECT_FALSE(HandshakeIsResumed({"mx.test", true}));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(HandshakeIsResumed({"mx.test", true}));
    EXPECT_FALSE(HandshakeIsResumed({"mx.test", false}));
    EXPECT_TRUE(HandshakeIsResumed({"mx.test", false}));
    EXPECT_FALSE(HandshakeIsResumed({"other.test", false}));
    EXPECT_FALSE(HandshakeIsResumed({"", false}));
    EXPECT_FALSE(HandshakeIsResumed({"", false})) << "a session must belong to a name";
  }
}

TEST_F(AsioTlsTest, UnverifiedSessionDoesNotHelpVerification) {
  Use(TestCertificate::SelfSigned({"mx.test", {"mx.test"}}));
  EXPECT_FALSE(HandshakeIsResumed({"mx.test", false}));
  EXPECT_TRUE(HandshakeIsResumed({"mx.test", false}));
  EXPECT_EQ(HandshakeCode(true), absl::StatusCode::kFailedPrecondition);
}

TEST_F(AsioTlsTest, PeerThatForgotTheSessionIsGreetedAnew) {
  EXPECT_FALSE(HandshakeIsResumed({"mx.test", true}));
  // A restart brings new keys for tickets.
  const std::string keys(SSL_CTX_set_tlsext_ticket_keys(context_.native_handle(), nullptr, 0), 'k');
  ASSERT_EQ(SSL_CTX_set_tlsext_ticket_keys(context_.native_handle(), keys.data(), keys.size()), 1);
  EXPECT_FALSE(HandshakeIsResumed({"mx.test", true}));
  EXPECT_TRUE(HandshakeIsResumed({"mx.test", true}));
}

TEST_F(AsioTlsTest, NoAddressInServerName) {
  ASSERT_TRUE(Handshake(false, "192.0.2.1").ok());
  EXPECT_EQ(server_name_, "");
}

TEST_F(AsioTlsTest, WrongCertificatesFailVerificationOnly) {
  const TestCertificate other_root =
      TestCertificate::SelfSigned({"Other Root", {}, -absl::Hours(1), absl::Hours(1), true, ""});
  const TestCertificate no_ca = root_.Issue({"leaf", {"leaf.test"}});
  struct Case {
    const char* name;
    TestCertificate certificate;
  };
  const Case kCases[] = {
      {"another host's", root_.Issue({"other.test", {"other.test"}})},
      {"a longer name", root_.Issue({"mx.test", {"mx.test.evil.test"}})},
      {"a subdomain", root_.Issue({"mx.test", {"a.mx.test"}})},
      {"a wildcard one level up", root_.Issue({"x", {"*.mx.test"}})},
      {"a wildcard over all", root_.Issue({"x", {"*"}})},
      {"a NUL in the name", root_.Issue({std::string("mx.test\0.evil.test", 18), {"evil.test"}})},
      {"self-signed", TestCertificate::SelfSigned({"mx.test", {"mx.test"}})},
      {"an unknown root's", other_root.Issue({"mx.test", {"mx.test"}})},
      {"expired", root_.Issue({"mx.test", {"mx.test"}, -absl::Hours(9), -absl::Hours(1)})},
      {"not valid yet", root_.Issue({"mx.test", {"mx.test"}, absl::Hours(1), absl::Hours(9)})},
      {"signed by no CA", no_ca.Issue({"mx.test", {"mx.test"}})},
      {"for clients only",
       root_.Issue({"mx.test", {"mx.test"}, -absl::Hours(1), absl::Hours(1), false, "clientAuth"})},
  };
  for (const Case& c : kCases) {
    Use(c.certificate);
    const absl::StatusOr<std::string> tls = Handshake(true);
    EXPECT_EQ(tls.status().code(), absl::StatusCode::kFailedPrecondition) << c.name;
    EXPECT_THAT(tls.status().message(), HasSubstr("certificate")) << c.name;
    EXPECT_TRUE(Handshake(false).ok()) << c.name;
  }
}

TEST_F(AsioTlsTest, RightCertificates) {
  const TestCertificate kCertificates[] = {
      root_.Issue({"x", {"other.test", "mx.test"}}),
      root_.Issue({"x", {"MX.Test"}}),
      root_.Issue({"x", {"mx.test"}, -absl::Hours(1), absl::Hours(1), false, "serverAuth"}),
  };
  for (const TestCertificate& certificate : kCertificates) {
    Use(certificate);
    EXPECT_TRUE(Handshake(true).ok());
  }
  Use(root_.Issue({"x", {"*.mx.test"}}));
  EXPECT_TRUE(Handshake(true, "a.mx.test").ok());
}

TEST_F(AsioTlsTest, UnreadableRootsFailVerificationOnly) {
  AsioConnectorOptions options;
  options.trusted_roots_file = "/nonexistent/roots.pem";
  Configure(options);
  Connect();
  EXPECT_EQ(Run(stream_->StartTls({"mx.test", true}, kTimeout)).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Handshake(false).ok());
}

TEST_F(AsioTlsTest, PeerSpeaksNoTls) {
  Connect();
  asio::write(*server_, asio::buffer("220 mx.test\r\n", 13));
  EXPECT_EQ(Run(stream_->StartTls({"mx.test", false}, kTimeout)).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(AsioTlsTest, PeerIsSilentInTheHandshake) {
  Connect();
  const auto tls = Begin(stream_->StartTls({"mx.test", false}, kTimeout));
  Settle();
  clock_.Advance(kTimeout);
  EXPECT_EQ(Finish(tls).status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(AsioTlsTest, CloseEndsAHandshake) {
  Connect();
  const auto tls = Begin(stream_->StartTls({"mx.test", false}, kTimeout));
  Settle();
  stream_.reset();
  EXPECT_EQ(Finish(tls).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(AsioTlsTest, ReadTimesOut) {
  ASSERT_TRUE(Handshake(false).ok());
  char buffer[10];
  const auto read = Begin(stream_->Read(absl::MakeSpan(buffer), kTimeout));
  Settle();
  clock_.Advance(kTimeout);
  EXPECT_EQ(Finish(read).status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(AsioTlsTest, SecondHandshakeIsRefused) {
  ASSERT_TRUE(Handshake(false).ok());
  EXPECT_EQ(Run(stream_->StartTls({"mx.test", false}, kTimeout)).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace mailstrom::delivery
