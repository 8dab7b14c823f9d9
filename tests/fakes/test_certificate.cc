#include "tests/fakes/test_certificate.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "openssl/bio.h"
#include "openssl/bn.h"
#include "openssl/ec_key.h"
#include "openssl/evp.h"
#include "openssl/nid.h"
#include "openssl/pem.h"
#include "openssl/rand.h"
#include "openssl/rsa.h"
#include "openssl/x509.h"
#include "openssl/x509v3.h"

namespace mailstrom {
namespace {

// Making a certificate fails only where the test itself is wrong.
void Check(bool ok) {
  if (!ok) std::abort();
}

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const bssl::UniquePtr<X509_EXTENSION> extension(
      X509V3_EXT_nconf_nid(nullptr, &context, nid, value.c_str()));
  Check(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

std::string Contents(BIO* bio) {
  const uint8_t* data = nullptr;
  size_t size = 0;
  Check(BIO_mem_contents(bio, &data, &size) == 1);
  return std::string(reinterpret_cast<const char*>(data), size);
}

bssl::UniquePtr<EVP_PKEY> NewEcKey() {
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  bssl::UniquePtr<EC_KEY> ec_key(EC_KEY_new_by_curve_name(NID_X9_62_prime256v1));
  Check(EC_KEY_generate_key(ec_key.get()) == 1);
  Check(EVP_PKEY_assign_EC_KEY(key.get(), ec_key.release()) == 1);
  return key;
}

bssl::UniquePtr<EVP_PKEY> NewRsaKey(int bits) {
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  bssl::UniquePtr<RSA> rsa(RSA_new());
  bssl::UniquePtr<BIGNUM> exponent(BN_new());
  Check(BN_set_word(exponent.get(), RSA_F4) == 1);
  Check(RSA_generate_key_ex(rsa.get(), bits, exponent.get(), nullptr) == 1);
  Check(EVP_PKEY_assign_RSA(key.get(), rsa.release()) == 1);
  return key;
}

}  // namespace

struct TestCertificate::Parts {
  bssl::UniquePtr<X509> certificate;
  bssl::UniquePtr<EVP_PKEY> key;
};

TestCertificate TestCertificate::SelfSigned(const CertificateSpec& spec) {
  return Make(spec, nullptr);
}

TestCertificate TestCertificate::Issue(const CertificateSpec& spec) const {
  return Make(spec, parts_.get());
}

TestCertificate TestCertificate::Make(const CertificateSpec& spec, const Parts* issuer) {
  auto parts = std::make_shared<Parts>();
  parts->key = spec.rsa_bits > 0 ? NewRsaKey(spec.rsa_bits) : NewEcKey();

  parts->certificate.reset(X509_new());
  X509* const certificate = parts->certificate.get();
  Check(X509_set_version(certificate, X509_VERSION_3) == 1);
  uint32_t serial = 0;
  Check(RAND_bytes(reinterpret_cast<uint8_t*>(&serial), sizeof(serial)) == 1);
  Check(ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial >> 1) == 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), absl::ToInt64Seconds(spec.not_before));
  X509_gmtime_adj(X509_getm_notAfter(certificate), absl::ToInt64Seconds(spec.not_after));
  Check(X509_set_pubkey(certificate, parts->key.get()) == 1);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const uint8_t*>(spec.common_name.data()),
                             static_cast<int>(spec.common_name.size()), -1, 0);
  X509* const signer = issuer == nullptr ? certificate : issuer->certificate.get();
  Check(X509_set_issuer_name(certificate, X509_get_subject_name(signer)) == 1);
  AddExtension(certificate, signer, NID_basic_constraints,
               spec.is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  std::string names;
  for (const std::string& name : spec.dns_names) {
    absl::StrAppend(&names, names.empty() ? "" : ",", "DNS:", name);
  }
  if (!names.empty()) AddExtension(certificate, signer, NID_subject_alt_name, names);
  if (!spec.extended_key_usage.empty()) {
    AddExtension(certificate, signer, NID_ext_key_usage, spec.extended_key_usage);
  }
  EVP_PKEY* const key = issuer == nullptr ? parts->key.get() : issuer->key.get();
  Check(X509_sign(certificate, key, spec.sha1 ? EVP_sha1() : EVP_sha256()) > 0);
  return TestCertificate(std::move(parts));
}

std::string TestCertificate::CertificatePem() const {
  const bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  Check(PEM_write_bio_X509(bio.get(), parts_->certificate.get()) == 1);
  return Contents(bio.get());
}

std::string TestCertificate::KeyPem() const {
  const bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  Check(PEM_write_bio_PrivateKey(bio.get(), parts_->key.get(), nullptr, nullptr, 0, nullptr,
                                 nullptr) == 1);
  return Contents(bio.get());
}

std::string TestCertificate::CertificateDer() const {
  uint8_t* der = nullptr;
  const int size = i2d_X509(parts_->certificate.get(), &der);
  Check(size > 0);
  const bssl::UniquePtr<uint8_t> owner(der);
  return std::string(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
}

std::string TestCertificate::PublicKeyDer() const {
  uint8_t* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(parts_->certificate.get()), &der);
  Check(size > 0);
  const bssl::UniquePtr<uint8_t> owner(der);
  return std::string(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
}

}  // namespace mailstrom
