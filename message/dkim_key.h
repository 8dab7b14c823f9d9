#ifndef MAILSTROM_MESSAGE_DKIM_KEY_H_
#define MAILSTROM_MESSAGE_DKIM_KEY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct evp_pkey_st;

namespace mailstrom::message {

enum class DkimAlgorithm { kRsaSha256, kEd25519Sha256 };

// As the a= tag of a signature names it.
absl::string_view DkimAlgorithmName(DkimAlgorithm algorithm);

// A private key that signs messages (RFC 6376 §3.3, RFC 8463). A value whose copies share the key;
// thread-safe.
class DkimKey {
 public:
  // RFC 8301 §3.2 wants 1024 at least of a signer, and no more than 4096 of a verifier.
  static constexpr int kMinRsaBits = 1024;
  static constexpr int kMaxRsaBits = 4096;
  static constexpr int kDefaultRsaBits = 2048;

  // Reads the first private key of `pem`: RSA or Ed25519 as PKCS#8, or RSA as PKCS#1, without a
  // password. InvalidArgument: there is none, or an RSA key of another size.
  static absl::StatusOr<DkimKey> FromPem(absl::string_view pem);

  // A new key, from the generator of the cryptographic library. InvalidArgument: `bits` is out of
  // range.
  static absl::StatusOr<DkimKey> GenerateRsa(int bits = kDefaultRsaBits);
  static DkimKey GenerateEd25519();

  DkimAlgorithm algorithm() const { return algorithm_; }

  // PKCS#8, not encrypted.
  std::string ToPem() const;

  // What the p= tag of the DNS record holds in base64: a SubjectPublicKeyInfo for RSA, the 32
  // octets of the key for Ed25519 (RFC 8463 §4).
  std::string PublicKey() const;

  // True when `public_key` is that of this key, in the form of PublicKey() or, for RSA, as an
  // RSAPublicKey (RFC 6376 §3.6.1 and its erratum 3017 allow both).
  bool HasPublicKey(absl::string_view public_key) const;

  // Signs a message of which `digest` is the SHA-256 digest.
  std::string Sign(absl::string_view digest) const;

 private:
  DkimKey(std::shared_ptr<evp_pkey_st> key, DkimAlgorithm algorithm)
      : key_(std::move(key)), algorithm_(algorithm) {}

  std::shared_ptr<evp_pkey_st> key_;
  DkimAlgorithm algorithm_;
};

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_DKIM_KEY_H_
