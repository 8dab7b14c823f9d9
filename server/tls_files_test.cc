#include "server/tls_files.h"

#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/test_certificate.h"

namespace mailstrom::server {
namespace {

using ::testing::HasSubstr;

class TlsFilesTest : public ::testing::Test {
 protected:
  TlsFilesTest() {
    config_.set_certificate_file(Path("certificate.pem"));
    config_.set_private_key_file(Path("key.pem"));
    Write("certificate.pem", first_.CertificatePem());
    Write("key.pem", first_.KeyPem());
  }

  static std::string Path(const std::string& name) { return ::testing::TempDir() + name; }
  static void Write(const std::string& name, const std::string& text) {
    std::ofstream(Path(name)) << text;
  }

  static std::string ErrorOf(TlsFiles& files) {
    return std::string(files.Reload().status().message());
  }

  const TestCertificate first_ = TestCertificate::SelfSigned({.common_name = "first.test"});
  const TestCertificate second_ = TestCertificate::SelfSigned({.common_name = "second.test"});
  config::v1::TlsConfig config_;
};

TEST_F(TlsFilesTest, AChangeIsNoticed) {
  TlsFiles files(config_);
  EXPECT_EQ(files.identity(), nullptr);
  EXPECT_TRUE(files.Reload().value());
  EXPECT_FALSE(files.Reload().value());
  EXPECT_EQ(files.identity()->private_key, first_.KeyPem());
  EXPECT_EQ(files.identity()->client_authorities, "");
  Write("certificate.pem", second_.CertificatePem());
  Write("key.pem", second_.KeyPem());
  EXPECT_TRUE(files.Reload().value());
  EXPECT_EQ(files.identity()->certificates, second_.CertificatePem());
}

TEST_F(TlsFilesTest, WhatCannotBeUsedIsNamedAndChangesNothing) {
  config_.set_client_ca_file(Path("authorities.pem"));
  Write("authorities.pem", second_.CertificatePem());
  TlsFiles files(config_);
  ASSERT_TRUE(files.Reload().ok());
  const std::string damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  struct Case {
    const char* name;
    const char* file;
    std::string text;
    const char* error;
  };
  const Case kCases[] = {
      {"half a renewal", "key.pem", second_.KeyPem(), "is not the key of the certificate"},
      {"no key", "key.pem", first_.CertificatePem(), "tls.private_key_file"},
      {"no certificate", "certificate.pem", first_.KeyPem(), "tls.certificate_file"},
      {"cut off", "certificate.pem", "-----BEGIN CERT", "holds no PEM certificates"},
      {"damaged chain", "certificate.pem", first_.CertificatePem() + damaged,
       "tls.certificate_file"},
      {"no authorities", "authorities.pem", "x", "tls.client_ca_file"},
      {"damaged authorities", "authorities.pem", second_.CertificatePem() + damaged,
       "tls.client_ca_file"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    Write("certificate.pem", first_.CertificatePem());
    Write("key.pem", first_.KeyPem());
    Write("authorities.pem", second_.CertificatePem());
    Write(c.file, c.text);
    EXPECT_THAT(ErrorOf(files), HasSubstr(c.error));
    EXPECT_EQ(files.identity()->certificates, first_.CertificatePem());
    EXPECT_EQ(files.identity()->private_key, first_.KeyPem());
  }
}

TEST_F(TlsFilesTest, AFileThatIsMissingIsNamed) {
  config_.set_private_key_file(Path("nothing.pem"));
  TlsFiles files(config_);
  EXPECT_THAT(ErrorOf(files), HasSubstr("nothing.pem: cannot be read"));
}

}  // namespace
}  // namespace mailstrom::server
