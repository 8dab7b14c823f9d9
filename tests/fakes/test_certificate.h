#ifndef MAILSTROM_TESTS_FAKES_TEST_CERTIFICATE_H_
#define MAILSTROM_TESTS_FAKES_TEST_CERTIFICATE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace mailstrom {

// What a certificate says.
struct CertificateSpec {
  std::string common_name;
  std::vector<std::string> dns_names = {};
  // Relative to now.
  absl::Duration not_before = -absl::Hours(1);
  absl::Duration not_after = absl::Hours(24);
  bool is_ca = false;
  // What its key may be used for (RFC 5280 §4.2.1.12), such as `serverAuth`; empty: anything.
  std::string extended_key_usage = {};
  // 0: the key is ECDSA P-256.
  int rsa_bits = 0;
  // Signed by SHA-1 instead of SHA-256.
  bool sha1 = false;
};

// An X.509 certificate with its key, made in memory.
class TestCertificate {
 public:
  static TestCertificate SelfSigned(const CertificateSpec& spec);
  // Signed by this one, whether or not that is allowed to.
  TestCertificate Issue(const CertificateSpec& spec) const;

  std::string CertificatePem() const;
  std::string KeyPem() const;
  std::string CertificateDer() const;
  // SubjectPublicKeyInfo.
  std::string PublicKeyDer() const;

 private:
  struct Parts;
  explicit TestCertificate(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
  static TestCertificate Make(const CertificateSpec& spec, const Parts* issuer);

  std::shared_ptr<const Parts> parts_;
};

}  // namespace mailstrom

#endif  // MAILSTROM_TESTS_FAKES_TEST_CERTIFICATE_H_
