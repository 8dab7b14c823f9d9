#include "message/dkim_key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/bytestring.h>
#include <openssl/curve25519.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/nid.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstdint>
#include <cstdlib>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mailstrom::message {
namespace {

// Only a lack of memory makes the library fail where this is asked.
void Require(bool ok) {
  if (!ok) std::abort();
}

const uint8_t* Octets(absl::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

std::string ToString(const uint8_t* data, size_t size) {
  return std::string(reinterpret_cast<const char*>(data), size);
}

// The library would ask on the terminal otherwise.
int NoPassword(char*, int, int, void*) { return 0; }

// What `write` puts into a fresh buffer.
template <typename Write>
std::string Marshal(Write write) {
  bssl::ScopedCBB buffer;
  uint8_t* data = nullptr;
  size_t size = 0;
  Require(CBB_init(buffer.get(), 512) && write(buffer.get()) &&
          CBB_finish(buffer.get(), &data, &size));
  const bssl::UniquePtr<uint8_t> owner(data);
  return ToString(data, size);
}

absl::Status CheckRsaBits(int bits) {
  if (bits >= DkimKey::kMinRsaBits && bits <= DkimKey::kMaxRsaBits) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("an RSA key must have ", DkimKey::kMinRsaBits,
                                                 " to ", DkimKey::kMaxRsaBits, " bits, not ", bits,
                                                 " (RFC 8301 §3.2)"));
}

}  // namespace

absl::string_view DkimAlgorithmName(DkimAlgorithm algorithm) {
  return algorithm == DkimAlgorithm::kRsaSha256 ? "rsa-sha256" : "ed25519-sha256";
}

absl::StatusOr<DkimKey> DkimKey::FromPem(absl::string_view pem) {
  const bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Require(bio != nullptr);
  bssl::UniquePtr<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  if (key == nullptr) {
    // Whoever uses the library next on this thread must not find the reason.
    ERR_clear_error();
    return absl::InvalidArgumentError("no private key in PEM, or one with a password");
  }
  const int type = EVP_PKEY_id(key.get());
  if (type == EVP_PKEY_ED25519) {
    return DkimKey(std::shared_ptr<EVP_PKEY>(std::move(key)), DkimAlgorithm::kEd25519Sha256);
  }
  if (type != EVP_PKEY_RSA) {
    return absl::InvalidArgumentError("the key must be RSA or Ed25519 (RFC 6376 §3.3, RFC 8463)");
  }
  const absl::Status status = CheckRsaBits(EVP_PKEY_bits(key.get()));
  if (!status.ok()) return status;
  return DkimKey(std::shared_ptr<EVP_PKEY>(std::move(key)), DkimAlgorithm::kRsaSha256);
}

absl::StatusOr<DkimKey> DkimKey::GenerateRsa(int bits) {
  const absl::Status status = CheckRsaBits(bits);
  if (!status.ok()) return status;
  bssl::UniquePtr<RSA> rsa(RSA_new());
  const bssl::UniquePtr<BIGNUM> exponent(BN_new());
  Require(rsa != nullptr && exponent != nullptr && BN_set_word(exponent.get(), RSA_F4));
  if (!RSA_generate_key_ex(rsa.get(), bits, exponent.get(), nullptr)) {
    return absl::InvalidArgumentError(absl::StrCat("no RSA key of ", bits, " bits can be made"));
  }
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  Require(key != nullptr && EVP_PKEY_set1_RSA(key.get(), rsa.get()));
  return DkimKey(std::shared_ptr<EVP_PKEY>(std::move(key)), DkimAlgorithm::kRsaSha256);
}

DkimKey DkimKey::GenerateEd25519() {
  uint8_t public_key[ED25519_PUBLIC_KEY_LEN];
  // Its first half is the seed, which is what other formats call the private key.
  uint8_t private_key[ED25519_PRIVATE_KEY_LEN];
  ED25519_keypair(public_key, private_key);
  bssl::UniquePtr<EVP_PKEY> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, private_key, 32));
  OPENSSL_cleanse(private_key, sizeof(private_key));
  Require(key != nullptr);
  return DkimKey(std::shared_ptr<EVP_PKEY>(std::move(key)), DkimAlgorithm::kEd25519Sha256);
}

std::string DkimKey::ToPem() const {
  const bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  const uint8_t* data = nullptr;
  size_t size = 0;
  Require(
      bio != nullptr &&
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) &&
      BIO_mem_contents(bio.get(), &data, &size));
  return ToString(data, size);
}

std::string DkimKey::PublicKey() const {
  if (algorithm_ == DkimAlgorithm::kRsaSha256) {
    return Marshal([this](CBB* out) { return EVP_marshal_public_key(out, key_.get()); });
  }
  uint8_t data[ED25519_PUBLIC_KEY_LEN];
  size_t size = sizeof(data);
  Require(EVP_PKEY_get_raw_public_key(key_.get(), data, &size));
  return ToString(data, size);
}

bool DkimKey::HasPublicKey(absl::string_view public_key) const {
  if (public_key == PublicKey()) return true;
  if (algorithm_ != DkimAlgorithm::kRsaSha256) return false;
  return public_key == Marshal([this](CBB* out) {
           return RSA_marshal_public_key(out, EVP_PKEY_get0_RSA(key_.get()));
         });
}

std::string DkimKey::Sign(absl::string_view digest) const {
  const bool is_rsa = algorithm_ == DkimAlgorithm::kRsaSha256;
  std::string signature(static_cast<size_t>(EVP_PKEY_size(key_.get())), '\0');
  auto* const out = reinterpret_cast<uint8_t*>(&signature[0]);
  size_t size = signature.size();
  if (is_rsa) {
    unsigned rsa_size = 0;
    Require(RSA_sign(NID_sha256, Octets(digest), digest.size(), out, &rsa_size,
                     EVP_PKEY_get0_RSA(key_.get())));
    size = rsa_size;
  } else {
    // Ed25519 hashes what it signs, which here is a digest already (RFC 8463 §3).
    bssl::ScopedEVP_MD_CTX context;
    Require(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) &&
            EVP_DigestSign(context.get(), out, &size, Octets(digest), digest.size()));
  }
  signature.resize(size);
  return signature;
}

}  // namespace mailstrom::message
