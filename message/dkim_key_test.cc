#include "message/dkim_key.h"

#include <openssl/bio.h>
#include <openssl/bytestring.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/nid.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstdint>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mailstrom::message {
namespace {

// RFC 8463 §A.1 and §A.2: the PKCS#8 frame around the private key, and the public key.
constexpr char kEd25519Pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";
constexpr char kEd25519PublicKey[] = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

const uint8_t* Octets(const std::string& text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

// PEM of `rsa` as PKCS#1.
std::string Pkcs1Pem(RSA* rsa) {
  const bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  EXPECT_TRUE(PEM_write_bio_RSAPrivateKey(bio.get(), rsa, nullptr, nullptr, 0, nullptr, nullptr));
  const uint8_t* data = nullptr;
  size_t size = 0;
  EXPECT_TRUE(BIO_mem_contents(bio.get(), &data, &size));
  return std::string(reinterpret_cast<const char*>(data), size);
}

bssl::UniquePtr<RSA> NewRsa(int bits) {
  bssl::UniquePtr<RSA> rsa(RSA_new());
  bssl::UniquePtr<BIGNUM> exponent(BN_new());
  EXPECT_TRUE(BN_set_word(exponent.get(), RSA_F4) &&
              RSA_generate_key_ex(rsa.get(), bits, exponent.get(), nullptr));
  return rsa;
}

TEST(DkimKeyTest, MakesEd25519SignaturesOfRfc8463) {
  const absl::StatusOr<DkimKey> key = DkimKey::FromPem(kEd25519Pem);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->algorithm(), DkimAlgorithm::kEd25519Sha256);
  EXPECT_EQ(absl::Base64Escape(key->PublicKey()), kEd25519PublicKey);
  EXPECT_EQ(key->ToPem(), kEd25519Pem);
  EXPECT_TRUE(key->HasPublicKey(key->PublicKey()));
  EXPECT_FALSE(key->HasPublicKey(DkimKey::GenerateEd25519().PublicKey()));

  const std::string digest(32, 'd');
  const std::string signature = key->Sign(digest);
  const bssl::UniquePtr<EVP_PKEY> public_key(EVP_PKEY_new_raw_public_key(
      EVP_PKEY_ED25519, nullptr, Octets(key->PublicKey()), key->PublicKey().size()));
  bssl::ScopedEVP_MD_CTX context;
  ASSERT_TRUE(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, public_key.get()));
  EXPECT_TRUE(EVP_DigestVerify(context.get(), Octets(signature), signature.size(), Octets(digest),
                               digest.size()));
}

TEST(DkimKeyTest, MakesRsaSignatures) {
  const absl::StatusOr<DkimKey> key = DkimKey::GenerateRsa(1024);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->algorithm(), DkimAlgorithm::kRsaSha256);
  const std::string digest(32, 'd');
  const std::string signature = key->Sign(digest);
  EXPECT_EQ(signature.size(), 128);

  const std::string public_key = key->PublicKey();
  CBS input;
  CBS_init(&input, Octets(public_key), public_key.size());
  const bssl::UniquePtr<EVP_PKEY> parsed(EVP_parse_public_key(&input));
  ASSERT_NE(parsed, nullptr);
  RSA* const rsa = EVP_PKEY_get0_RSA(parsed.get());
  EXPECT_TRUE(RSA_verify(NID_sha256, Octets(digest), digest.size(), Octets(signature),
                         signature.size(), rsa));

  bssl::ScopedCBB bare;
  ASSERT_TRUE(CBB_init(bare.get(), 256) && RSA_marshal_public_key(bare.get(), rsa));
  EXPECT_TRUE(key->HasPublicKey(public_key));
  EXPECT_TRUE(key->HasPublicKey(
      absl::string_view(reinterpret_cast<const char*>(CBB_data(bare.get())), CBB_len(bare.get()))));
  EXPECT_FALSE(key->HasPublicKey(public_key.substr(1)));
}

TEST(DkimKeyTest, ReadsWhatItWrites) {
  for (const DkimKey& key : {*DkimKey::GenerateRsa(1024), DkimKey::GenerateEd25519()}) {
    const absl::StatusOr<DkimKey> copy = DkimKey::FromPem(absl::StrCat("text\n", key.ToPem()));
    ASSERT_TRUE(copy.ok()) << copy.status();
    EXPECT_EQ(copy->PublicKey(), key.PublicKey());
    EXPECT_TRUE(absl::StartsWith(key.ToPem(), "-----BEGIN PRIVATE KEY-----\n"));
  }
}

TEST(DkimKeyTest, ReadsPkcs1) {
  const absl::StatusOr<DkimKey> key = DkimKey::FromPem(Pkcs1Pem(NewRsa(1024).get()));
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->algorithm(), DkimAlgorithm::kRsaSha256);
}

TEST(DkimKeyTest, RefusesOtherKeys) {
  const bssl::UniquePtr<EC_KEY> ec(EC_KEY_new_by_curve_name(NID_X9_62_prime256v1));
  ASSERT_TRUE(EC_KEY_generate_key(ec.get()));
  const bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  ASSERT_TRUE(
      PEM_write_bio_ECPrivateKey(bio.get(), ec.get(), nullptr, nullptr, 0, nullptr, nullptr));
  const uint8_t* data = nullptr;
  size_t size = 0;
  ASSERT_TRUE(BIO_mem_contents(bio.get(), &data, &size));

  const std::string cases[] = {
      "",
      "no PEM",
      std::string(kEd25519Pem).substr(0, 60),
      "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
      "-----END PUBLIC KEY-----\n",
      std::string(reinterpret_cast<const char*>(data), size),
      Pkcs1Pem(NewRsa(768).get()),
  };
  for (const std::string& pem : cases) {
    EXPECT_EQ(DkimKey::FromPem(pem).status().code(), absl::StatusCode::kInvalidArgument) << pem;
    EXPECT_EQ(ERR_peek_error(), 0) << pem;
  }
  EXPECT_FALSE(DkimKey::GenerateRsa(1023).ok());
  EXPECT_FALSE(DkimKey::GenerateRsa(8192).ok());
}

}  // namespace
}  // namespace mailstrom::message
