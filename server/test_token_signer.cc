#include "server/test_token_signer.h"

#include <cstdint>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "openssl/bn.h"
#include "openssl/ec.h"
#include "openssl/ec_key.h"
#include "openssl/ecdsa.h"
#include "openssl/nid.h"
#include "openssl/rsa.h"

namespace mailstrom::server {
namespace {

constexpr size_t kP256Bytes = 32;

std::string Base64Url(absl::string_view bytes) { return absl::WebSafeBase64Escape(bytes); }

std::string ToText(const BIGNUM* number, size_t size) {
  std::string bytes(size, '\0');
  EXPECT_TRUE(BN_bn2bin_padded(reinterpret_cast<uint8_t*>(bytes.data()), size, number));
  return bytes;
}

std::string ToText(const BIGNUM* number) { return ToText(number, BN_num_bytes(number)); }

// The two numbers of a DER signature side by side.
std::string FromDer(absl::string_view der) {
  const bssl::UniquePtr<ECDSA_SIG> signature(
      ECDSA_SIG_from_bytes(reinterpret_cast<const uint8_t*>(der.data()), der.size()));
  return ToText(ECDSA_SIG_get0_r(signature.get()), kP256Bytes) +
         ToText(ECDSA_SIG_get0_s(signature.get()), kP256Bytes);
}

}  // namespace

TestTokenSigner TestTokenSigner::Rsa(int bits) {
  const bssl::UniquePtr<BIGNUM> exponent(BN_new());
  EXPECT_TRUE(BN_set_word(exponent.get(), RSA_F4));
  const bssl::UniquePtr<RSA> rsa(RSA_new());
  EXPECT_TRUE(RSA_generate_key_ex(rsa.get(), bits, exponent.get(), nullptr));
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  EXPECT_TRUE(EVP_PKEY_set1_RSA(key.get(), rsa.get()));
  return TestTokenSigner(std::move(key));
}

TestTokenSigner TestTokenSigner::P256() {
  const bssl::UniquePtr<EC_KEY> point(EC_KEY_new_by_curve_name(NID_X9_62_prime256v1));
  EXPECT_TRUE(EC_KEY_generate_key(point.get()));
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  EXPECT_TRUE(EVP_PKEY_set1_EC_KEY(key.get(), point.get()));
  return TestTokenSigner(std::move(key));
}

std::string TestTokenSigner::Jwk(const std::string& key_id, const std::string& more) const {
  std::string numbers;
  if (const RSA* rsa = EVP_PKEY_get0_RSA(key_.get()); rsa != nullptr) {
    numbers = absl::StrCat("\"kty\": \"RSA\", \"n\": \"", Base64Url(ToText(RSA_get0_n(rsa))),
                           "\", \"e\": \"", Base64Url(ToText(RSA_get0_e(rsa))), "\"");
  } else {
    const EC_KEY* point = EVP_PKEY_get0_EC_KEY(key_.get());
    const bssl::UniquePtr<BIGNUM> x(BN_new());
    const bssl::UniquePtr<BIGNUM> y(BN_new());
    EXPECT_TRUE(EC_POINT_get_affine_coordinates_GFp(
        EC_KEY_get0_group(point), EC_KEY_get0_public_key(point), x.get(), y.get(), nullptr));
    numbers = absl::StrCat("\"kty\": \"EC\", \"crv\": \"P-256\", \"x\": \"",
                           Base64Url(ToText(x.get(), kP256Bytes)), "\", \"y\": \"",
                           Base64Url(ToText(y.get(), kP256Bytes)), "\"");
  }
  return absl::StrCat("{\"kid\": \"", key_id, "\", ", numbers, more, "}");
}

std::string TestTokenSigner::Sign(const std::string& header, const std::string& payload) const {
  const std::string text = absl::StrCat(Base64Url(header), ".", Base64Url(payload));
  bssl::ScopedEVP_MD_CTX context;
  EXPECT_TRUE(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()));
  size_t size = EVP_PKEY_size(key_.get());
  std::string signature(size, '\0');
  EXPECT_TRUE(EVP_DigestSign(context.get(), reinterpret_cast<uint8_t*>(signature.data()), &size,
                             reinterpret_cast<const uint8_t*>(text.data()), text.size()));
  signature.resize(size);
  if (EVP_PKEY_id(key_.get()) == EVP_PKEY_EC) signature = FromDer(signature);
  return absl::StrCat(text, ".", Base64Url(signature));
}

std::string Jwks(const std::string& keys) { return absl::StrCat("{\"keys\": [", keys, "]}"); }

std::string UnsignedToken(const std::string& header, const std::string& payload,
                          const std::string& signature) {
  return absl::StrCat(Base64Url(header), ".", Base64Url(payload), ".", Base64Url(signature));
}

}  // namespace mailstrom::server
