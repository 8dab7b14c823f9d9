#include "server/tls_credentials.h"

#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "mailstrom/v1/mailstrom_service.grpc.pb.h"
#include "tests/fakes/test_certificate.h"

namespace mailstrom::server {
namespace {

// What a call to a service without methods ends with, once it got through.
constexpr grpc::StatusCode kGotIn = grpc::StatusCode::UNIMPLEMENTED;
constexpr grpc::StatusCode kKeptOut = grpc::StatusCode::UNAVAILABLE;

class TlsCredentialsTest : public ::testing::Test {
 protected:
  ~TlsCredentialsTest() override {
    if (server_ != nullptr) server_->Shutdown();
  }

  static std::string Path(const std::string& name) { return ::testing::TempDir() + name; }

  void Install(const TestCertificate& certificate) {
    std::ofstream(Path("certificate.pem")) << certificate.CertificatePem();
    std::ofstream(Path("key.pem")) << certificate.KeyPem();
    if (files_ != nullptr) ASSERT_TRUE(files_->Reload().value());
  }

  void Serve(bool ask_clients = false, bool require_client_certificate = false) {
    Install(authority_.Issue(Host()));
    config::v1::TlsConfig config;
    config.set_certificate_file(Path("certificate.pem"));
    config.set_private_key_file(Path("key.pem"));
    if (ask_clients) {
      config.set_client_ca_file(Path("clients.pem"));
      std::ofstream(Path("clients.pem")) << client_authority_.CertificatePem();
    }
    files_ = std::make_unique<TlsFiles>(config);
    ASSERT_TRUE(files_->Reload().ok());
    credentials_ = std::make_shared<TlsCredentials>(*files_, require_client_certificate);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", credentials_, &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }

  // A call over a connection of its own; without `roots`, in clear.
  grpc::StatusCode Call(const TestCertificate* roots, const TestCertificate* client = nullptr) {
    grpc::SslCredentialsOptions options;
    if (roots != nullptr) options.pem_root_certs = roots->CertificatePem();
    if (client != nullptr) {
      options.pem_cert_chain = client->CertificatePem();
      options.pem_private_key = client->KeyPem();
    }
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetSslTargetNameOverride("host.test");
    const auto channel = grpc::CreateCustomChannel(
        absl::StrCat("127.0.0.1:", port_),
        roots == nullptr ? grpc::InsecureChannelCredentials() : grpc::SslCredentials(options),
        arguments);
    return Call(*v1::MailstromService::NewStub(channel));
  }

  static grpc::StatusCode Call(v1::MailstromService::Stub& stub) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
    v1::QueryStatusResponse response;
    return stub.QueryStatus(&context, {}, &response).error_code();
  }

  static CertificateSpec Host() { return {.common_name = "host.test", .dns_names = {"host.test"}}; }

  const TestCertificate authority_ =
      TestCertificate::SelfSigned({.common_name = "Authority", .is_ca = true});
  const TestCertificate other_authority_ =
      TestCertificate::SelfSigned({.common_name = "Other Authority", .is_ca = true});
  const TestCertificate client_authority_ =
      TestCertificate::SelfSigned({.common_name = "Client Authority", .is_ca = true});
  std::unique_ptr<TlsFiles> files_;
  std::shared_ptr<TlsCredentials> credentials_;
  v1::MailstromService::Service service_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

TEST_F(TlsCredentialsTest, ServesOverTlsOnly) {
  Serve();
  EXPECT_EQ(Call(&authority_), kGotIn);
  EXPECT_EQ(Call(&other_authority_), kKeptOut);
  EXPECT_EQ(Call(nullptr), kKeptOut);
}

TEST_F(TlsCredentialsTest, ANewCertificateCountsFromTheNextConnectionOn) {
  Serve();
  EXPECT_EQ(Call(&authority_), kGotIn);
  Install(other_authority_.Issue(Host()));
  EXPECT_EQ(Call(&other_authority_), kGotIn);
  EXPECT_EQ(Call(&authority_), kKeptOut);
}

TEST_F(TlsCredentialsTest, ConnectionsOutliveARenewal) {
  Serve();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = authority_.CertificatePem();
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride("host.test");
  const auto stub = v1::MailstromService::NewStub(grpc::CreateCustomChannel(
      absl::StrCat("127.0.0.1:", port_), grpc::SslCredentials(options), arguments));
  EXPECT_EQ(Call(*stub), kGotIn);
  Install(other_authority_.Issue(Host()));
  EXPECT_EQ(Call(*stub), kGotIn);
}

TEST_F(TlsCredentialsTest, ClientsMustShowACertificateOfTheAuthority) {
  Serve(/*ask_clients=*/true, /*require_client_certificate=*/true);
  const TestCertificate good = client_authority_.Issue({.common_name = "app.test"});
  const TestCertificate foreign = other_authority_.Issue({.common_name = "app.test"});
  const TestCertificate expired = client_authority_.Issue(
      {.common_name = "app.test", .not_before = -absl::Hours(2), .not_after = -absl::Hours(1)});
  EXPECT_EQ(Call(&authority_, &good), kGotIn);
  EXPECT_EQ(Call(&authority_), kKeptOut);
  EXPECT_EQ(Call(&authority_, &foreign), kKeptOut);
  EXPECT_EQ(Call(&authority_, &expired), kKeptOut);
}

TEST_F(TlsCredentialsTest, AnOptionalCertificateMayBeMissingButNotWrong) {
  Serve(/*ask_clients=*/true);
  const TestCertificate foreign = other_authority_.Issue({.common_name = "app.test"});
  EXPECT_EQ(Call(&authority_), kGotIn);
  EXPECT_EQ(Call(&authority_, &foreign), kKeptOut);
}

}  // namespace
}  // namespace mailstrom::server
