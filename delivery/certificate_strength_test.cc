#include "delivery/certificate_strength.h"

#include <string>

#include "gtest/gtest.h"
#include "openssl/x509.h"
#include "tests/fakes/test_certificate.h"

namespace mailstrom::delivery {
namespace {

std::string Weakness(const TestCertificate& certificate, bool is_anchor) {
  const std::string der = certificate.CertificateDer();
  const auto* bytes = reinterpret_cast<const uint8_t*>(der.data());
  const bssl::UniquePtr<X509> parsed(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
  return WeaknessOf(parsed.get(), is_anchor);
}

TEST(CertificateStrengthTest, FindsWeakKeysAndSignatures) {
  struct Case {
    CertificateSpec spec;
    const char* leaf;
    const char* anchor;
  };
  const std::string kShort = "an RSA key of 1024 bits is too weak";
  const Case kCases[] = {
      {{.common_name = "ecdsa"}, "", ""},
      {{.common_name = "rsa", .rsa_bits = 2048}, "", ""},
      {{.common_name = "almost", .rsa_bits = 2047},
       "an RSA key of 1920 bits is too weak",
       "an RSA key of 1920 bits is too weak"},
      {{.common_name = "short", .rsa_bits = 1024}, kShort.c_str(), kShort.c_str()},
      // Nobody checks the signature of an anchor.
      {{.common_name = "sha1", .sha1 = true}, "a signature by ecdsa-with-SHA1 is too weak", ""},
      {{.common_name = "rsa sha1", .rsa_bits = 2048, .sha1 = true},
       "a signature by sha1WithRSAEncryption is too weak",
       ""},
  };
  for (const Case& c : kCases) {
    const TestCertificate certificate = TestCertificate::SelfSigned(c.spec);
    EXPECT_EQ(Weakness(certificate, false), c.leaf) << c.spec.common_name;
    EXPECT_EQ(Weakness(certificate, true), c.anchor) << c.spec.common_name;
  }
}

}  // namespace
}  // namespace mailstrom::delivery
