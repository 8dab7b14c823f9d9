#ifndef MAILSTROM_SERVER_JSON_WEB_KEYS_H_
#define MAILSTROM_SERVER_JSON_WEB_KEYS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "openssl/evp.h"

namespace mailstrom::server {

// The public keys of one who signs tokens: a JSON Web Key Set (RFC 7517). Each key is for one
// algorithm only, which its type decides and no token: RSA of 2048 to 8192 bits for RS256, P-256
// for ES256 (RFC 7518 §3). Immutable.
class JsonWebKeys {
 public:
  // Leaves out keys that are for something else (RFC 7517 §5). InvalidArgument: this is no set,
  // none of its keys can be used, or there are more than 100.
  static absl::StatusOr<JsonWebKeys> Parse(absl::string_view json);

  // Whether `signature` is that of `text` by `algorithm` with the key of this id; without an id,
  // with any of that algorithm.
  bool Verify(absl::string_view algorithm, absl::string_view key_id, absl::string_view text,
              absl::string_view signature) const;

 private:
  struct Key {
    std::string id;
    std::string algorithm;
    bssl::UniquePtr<EVP_PKEY> public_key;
  };

  std::vector<Key> keys_;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_JSON_WEB_KEYS_H_
