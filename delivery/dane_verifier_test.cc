// Handshakes over real sockets with hosts that TLSA records name, and with others.
#include "delivery/dane_verifier.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asio/co_spawn.hpp"
#include "asio/io_context.hpp"
#include "asio/ip/tcp.hpp"
#include "asio/ssl/context.hpp"
#include "asio/ssl/stream.hpp"
#include "delivery/asio_alarms.h"
#include "delivery/asio_transport.h"
#include "gtest/gtest.h"
#include "openssl/sha.h"
#include "tests/fakes/test_certificate.h"

namespace mailstrom::delivery {
namespace {

using asio::ip::tcp;
using Usage = TlsaRecord::Usage;
using Selector = TlsaRecord::Selector;
using Matching = TlsaRecord::Matching;

constexpr absl::Duration kTimeout = absl::Seconds(10);

std::string Digest(const std::string& data, Matching matching) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(data.data());
  uint8_t digest[SHA512_DIGEST_LENGTH];
  if (matching == Matching::kExact) return data;
  if (matching == Matching::kSha256) {
    SHA256(bytes, data.size(), digest);
    return std::string(reinterpret_cast<char*>(digest), SHA256_DIGEST_LENGTH);
  }
  SHA512(bytes, data.size(), digest);
  return std::string(reinterpret_cast<char*>(digest), SHA512_DIGEST_LENGTH);
}

TlsaRecord RecordOf(const TestCertificate& certificate, Usage usage,
                    Selector selector = Selector::kPublicKey,
                    Matching matching = Matching::kSha256) {
  const std::string selected =
      selector == Selector::kPublicKey ? certificate.PublicKeyDer() : certificate.CertificateDer();
  return {usage, selector, matching, Digest(selected, matching)};
}

class DaneVerifierTest : public testing::Test {
 protected:
  // Whether a handshake with a host that presents `chain`, leaf first, succeeds.
  absl::Status Handshake(const std::vector<TestCertificate>& chain,
                         std::vector<TlsaRecord> records) {
    asio::ssl::context context(asio::ssl::context::tls_server);
    std::string pem;
    for (const TestCertificate& certificate : chain) pem += certificate.CertificatePem();
    const std::string key = chain[0].KeyPem();
    context.use_certificate_chain(asio::buffer(pem));
    context.use_private_key(asio::buffer(key), asio::ssl::context::pem);
    tcp::socket socket(io_);
    std::optional<asio::ssl::stream<tcp::socket&>> server;
    bool served = false;
    acceptor_.async_accept(socket, [&](asio::error_code) {
      server.emplace(socket, context);
      server->async_handshake(asio::ssl::stream_base::server,
                              [&](asio::error_code) { served = true; });
    });
    std::optional<absl::Status> status;
    asio::co_spawn(io_, Connect(std::move(records)),
                   [&](std::exception_ptr, absl::Status result) { status = result; });
    io_.restart();
    while (!status || !served) io_.run_one();
    return *status;
  }

  asio::awaitable<absl::Status> Connect(std::vector<TlsaRecord> records) {
    auto stream =
        co_await connector_->Connect({"127.0.0.1", acceptor_.local_endpoint().port()}, kTimeout);
    if (!stream.ok()) co_return stream.status();
    TlsParameters parameters;
    parameters.server_name = "mx.test";
    parameters.tlsa_records = std::move(records);
    const auto tls = co_await (*stream)->StartTls(std::move(parameters), kTimeout);
    (*stream)->Close();
    co_return tls.status();
  }

  asio::io_context io_;
  AsioAlarms alarms_{io_.get_executor()};
  std::unique_ptr<AsioConnector> connector_ =
      std::make_unique<AsioConnector>(alarms_, AsioConnectorOptions());
  tcp::acceptor acceptor_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  const TestCertificate root_ =
      TestCertificate::SelfSigned({"Root", {}, -absl::Hours(1), absl::Hours(1), true, ""});
  const TestCertificate other_root_ =
      TestCertificate::SelfSigned({"Other", {}, -absl::Hours(1), absl::Hours(1), true, ""});
  const TestCertificate leaf_ = root_.Issue({"mx.test", {"mx.test"}});
};

TEST_F(DaneVerifierTest, EndEntityInEveryForm) {
  for (const Selector selector : {Selector::kCertificate, Selector::kPublicKey}) {
    for (const Matching matching : {Matching::kExact, Matching::kSha256, Matching::kSha512}) {
      EXPECT_TRUE(
          Handshake({leaf_}, {RecordOf(leaf_, Usage::kEndEntity, selector, matching)}).ok());
      const absl::Status other =
          Handshake({leaf_}, {RecordOf(other_root_, Usage::kEndEntity, selector, matching)});
      EXPECT_TRUE(absl::IsFailedPrecondition(other)) << other;
      EXPECT_TRUE(absl::StrContains(other.message(), "no TLSA record holds")) << other;
    }
  }
}

// RFC 7672 §3.1.1: names and dates do not matter where the record names the certificate.
TEST_F(DaneVerifierTest, EndEntityNeedsNeitherNameNorDate) {
  const TestCertificate odd =
      TestCertificate::SelfSigned({"x", {"else.test"}, -absl::Hours(9), -absl::Hours(1)});
  EXPECT_TRUE(Handshake({odd}, {RecordOf(odd, Usage::kEndEntity)}).ok());
}

TEST_F(DaneVerifierTest, TrustAnchorInEveryForm) {
  for (const Selector selector : {Selector::kCertificate, Selector::kPublicKey}) {
    for (const Matching matching : {Matching::kExact, Matching::kSha256, Matching::kSha512}) {
      EXPECT_TRUE(
          Handshake({leaf_, root_}, {RecordOf(root_, Usage::kTrustAnchor, selector, matching)})
              .ok());
      EXPECT_FALSE(Handshake({leaf_, root_},
                             {RecordOf(other_root_, Usage::kTrustAnchor, selector, matching)})
                       .ok());
    }
  }
  EXPECT_TRUE(Handshake({leaf_}, {RecordOf(root_, Usage::kTrustAnchor, Selector::kCertificate,
                                           Matching::kExact)})
                  .ok())
      << "the record has the anchor itself";
}

TEST_F(DaneVerifierTest, TrustAnchorNeedsNameDateAndSignature) {
  const TlsaRecord record = RecordOf(root_, Usage::kTrustAnchor);
  struct Case {
    const char* name;
    TestCertificate leaf;
  };
  const Case cases[] = {
      {"another name", root_.Issue({"x", {"else.test"}})},
      {"expired", root_.Issue({"mx.test", {"mx.test"}, -absl::Hours(9), -absl::Hours(1)})},
      {"not valid yet", root_.Issue({"mx.test", {"mx.test"}, absl::Hours(1), absl::Hours(9)})},
      {"for clients only",
       root_.Issue({"mx.test", {"mx.test"}, -absl::Hours(1), absl::Hours(1), false, "clientAuth"})},
      {"signed by SHA-1",
       root_.Issue({.common_name = "mx.test", .dns_names = {"mx.test"}, .sha1 = true})},
      {"weak key",
       root_.Issue({.common_name = "mx.test", .dns_names = {"mx.test"}, .rsa_bits = 1024})},
      {"signed by another", other_root_.Issue({"mx.test", {"mx.test"}})},
      {"self-signed", TestCertificate::SelfSigned({"mx.test", {"mx.test"}})},
  };
  for (const Case& test : cases) {
    EXPECT_FALSE(Handshake({test.leaf, root_}, {record}).ok()) << test.name;
  }
}

TEST_F(DaneVerifierTest, OneRecordThatHoldsIsEnough) {
  EXPECT_TRUE(Handshake({leaf_}, {RecordOf(other_root_, Usage::kEndEntity),
                                  RecordOf(other_root_, Usage::kTrustAnchor),
                                  RecordOf(leaf_, Usage::kEndEntity)})
                  .ok());
}

TEST_F(DaneVerifierTest, RecordThatIsNoCertificateDoesNoHarm) {
  EXPECT_FALSE(Handshake({leaf_}, {{Usage::kTrustAnchor, Selector::kCertificate, Matching::kExact,
                                    "not DER at all"}})
                   .ok());
}

}  // namespace
}  // namespace mailstrom::delivery
