#include "delivery/certificate_strength.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "openssl/evp.h"
#include "openssl/nid.h"
#include "openssl/obj.h"
#include "openssl/x509.h"

namespace mailstrom::delivery {
namespace {

constexpr int kLeastRsaBits = 2048;

bool IsWeakDigest(int digest) {
  return digest == NID_sha1 || digest == NID_md5 || digest == NID_md4 || digest == NID_md5_sha1;
}

}  // namespace

std::string WeaknessOf(const X509* certificate, bool is_anchor) {
  const bssl::UniquePtr<EVP_PKEY> key(X509_get_pubkey(const_cast<X509*>(certificate)));
  if (key == nullptr) return "its key cannot be read";
  if (EVP_PKEY_id(key.get()) == EVP_PKEY_RSA && EVP_PKEY_bits(key.get()) < kLeastRsaBits) {
    return absl::StrCat("an RSA key of ", EVP_PKEY_bits(key.get()), " bits is too weak");
  }
  if (is_anchor) return "";
  const int signature = X509_get_signature_nid(certificate);
  int digest = NID_undef;
  int key_type = NID_undef;
  if (OBJ_find_sigid_algs(signature, &digest, &key_type) == 1 && IsWeakDigest(digest)) {
    return absl::StrCat("a signature by ", OBJ_nid2ln(signature), " is too weak");
  }
  return "";
}

std::string CurrentWeakness(X509_STORE_CTX* verification) {
  const X509* const certificate = X509_STORE_CTX_get_current_cert(verification);
  const STACK_OF(X509)* const chain = X509_STORE_CTX_get0_chain(verification);
  if (certificate == nullptr || chain == nullptr) return "";
  const size_t depth = static_cast<size_t>(X509_STORE_CTX_get_error_depth(verification));
  return WeaknessOf(certificate, depth + 1 == sk_X509_num(chain));
}

}  // namespace mailstrom::delivery
