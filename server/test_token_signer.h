#ifndef MAILSTROM_SERVER_TEST_TOKEN_SIGNER_H_
#define MAILSTROM_SERVER_TEST_TOKEN_SIGNER_H_

#include <string>
#include <utility>

#include "openssl/evp.h"

namespace mailstrom::server {

// Signs JSON Web Tokens for tests, with a key of its own.
class TestTokenSigner {
 public:
  // RSA of so many bits, for RS256.
  static TestTokenSigner Rsa(int bits = 2048);
  // P-256, for ES256.
  static TestTokenSigner P256();

  // The public key as a JSON Web Key. `more`: further members, such as `, "use": "sig"`.
  std::string Jwk(const std::string& key_id, const std::string& more = "") const;

  // A token with this header and payload, both JSON, signed whatever they say.
  std::string Sign(const std::string& header, const std::string& payload) const;

 private:
  explicit TestTokenSigner(bssl::UniquePtr<EVP_PKEY> key) : key_(std::move(key)) {}

  bssl::UniquePtr<EVP_PKEY> key_;
};

// A JSON Web Key Set of these keys.
std::string Jwks(const std::string& keys);

// A token that nothing signs.
std::string UnsignedToken(const std::string& header, const std::string& payload,
                          const std::string& signature = "");

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_TEST_TOKEN_SIGNER_H_
