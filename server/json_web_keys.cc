#include "server/json_web_keys.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "google/protobuf/struct.pb.h"
#include "openssl/bn.h"
#include "openssl/ec.h"
#include "openssl/ec_key.h"
#include "openssl/ecdsa.h"
#include "openssl/err.h"
#include "openssl/mem.h"
#include "openssl/nid.h"
#include "openssl/rsa.h"
#include "server/json.h"

namespace mailstrom::server {
namespace {

constexpr int kMaxKeys = 100;
constexpr unsigned kMinRsaBits = 2048;
constexpr unsigned kMaxRsaBits = 8192;
constexpr size_t kP256Bytes = 32;
constexpr char kRs256[] = "RS256";
constexpr char kEs256[] = "ES256";

const uint8_t* Bytes(absl::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

bssl::UniquePtr<BIGNUM> ToNumber(absl::string_view bytes) {
  return bssl::UniquePtr<BIGNUM>(BN_bin2bn(Bytes(bytes), bytes.size(), nullptr));
}

// A number of the key (RFC 7518 §2, Base64urlUInt); null when it is missing or not one.
bssl::UniquePtr<BIGNUM> NumberOf(const google::protobuf::Struct& key, const char* name) {
  const std::optional<std::string> bytes = DecodeBase64Url(StringIn(key, name));
  if (!bytes.has_value() || bytes->empty()) return nullptr;
  return ToNumber(*bytes);
}

bssl::UniquePtr<EVP_PKEY> MakeRsa(const google::protobuf::Struct& json) {
  bssl::UniquePtr<BIGNUM> modulus = NumberOf(json, "n");
  bssl::UniquePtr<BIGNUM> exponent = NumberOf(json, "e");
  if (modulus == nullptr || exponent == nullptr || BN_num_bits(modulus.get()) < kMinRsaBits ||
      BN_num_bits(modulus.get()) > kMaxRsaBits) {
    return nullptr;
  }
  const bssl::UniquePtr<RSA> rsa(RSA_new());
  if (!RSA_set0_key(rsa.get(), modulus.get(), exponent.get(), nullptr)) return nullptr;
  // They are the key's now.
  static_cast<void>(modulus.release());
  static_cast<void>(exponent.release());
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  // BoringSSL bounds the exponent itself.
  if (!RSA_check_key(rsa.get()) || !EVP_PKEY_set1_RSA(key.get(), rsa.get())) return nullptr;
  return key;
}

bssl::UniquePtr<EVP_PKEY> MakeP256(const google::protobuf::Struct& json) {
  const bssl::UniquePtr<BIGNUM> x = NumberOf(json, "x");
  const bssl::UniquePtr<BIGNUM> y = NumberOf(json, "y");
  if (x == nullptr || y == nullptr) return nullptr;
  const bssl::UniquePtr<EC_KEY> point(EC_KEY_new_by_curve_name(NID_X9_62_prime256v1));
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  // Fails for a point that is not on the curve.
  if (!EC_KEY_set_public_key_affine_coordinates(point.get(), x.get(), y.get()) ||
      !EVP_PKEY_set1_EC_KEY(key.get(), point.get())) {
    return nullptr;
  }
  return key;
}

// In DER, as BoringSSL takes it, from the two numbers side by side (RFC 7518 §3.4); empty when it
// is none.
std::string ToDer(absl::string_view signature) {
  if (signature.size() != 2 * kP256Bytes) return "";
  const bssl::UniquePtr<ECDSA_SIG> numbers(ECDSA_SIG_new());
  bssl::UniquePtr<BIGNUM> r = ToNumber(signature.substr(0, kP256Bytes));
  bssl::UniquePtr<BIGNUM> s = ToNumber(signature.substr(kP256Bytes));
  if (!ECDSA_SIG_set0(numbers.get(), r.get(), s.get())) return "";
  // They are the signature's now.
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  uint8_t* der = nullptr;
  size_t size = 0;
  if (!ECDSA_SIG_to_bytes(&der, &size, numbers.get())) return "";
  const bssl::UniquePtr<uint8_t> owned(der);
  return std::string(reinterpret_cast<const char*>(der), size);
}

bool VerifySha256(EVP_PKEY* key, absl::string_view text, absl::string_view signature) {
  bssl::ScopedEVP_MD_CTX context;
  const bool is_right =
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
      EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(text),
                       text.size()) == 1;
  ERR_clear_error();
  return is_right;
}

}  // namespace

absl::StatusOr<JsonWebKeys> JsonWebKeys::Parse(absl::string_view json) {
  const std::optional<google::protobuf::Struct> set = ParseJsonObject(json);
  if (!set.has_value()) return absl::InvalidArgumentError("is no JSON object");
  const auto keys = set->fields().find("keys");
  if (keys == set->fields().end() || !keys->second.has_list_value()) {
    return absl::InvalidArgumentError("is no JSON Web Key Set: it has no list `keys`");
  }
  if (keys->second.list_value().values_size() > kMaxKeys) {
    return absl::InvalidArgumentError("has more than 100 keys");
  }
  JsonWebKeys out;
  for (const google::protobuf::Value& value : keys->second.list_value().values()) {
    const google::protobuf::Struct& key = value.struct_value();
    const std::string type = StringIn(key, "kty");
    const bool is_rsa = type == "RSA";
    if (!is_rsa && (type != "EC" || StringIn(key, "crv") != "P-256")) continue;
    const char* const algorithm = is_rsa ? kRs256 : kEs256;
    if (key.fields().contains("use") && StringIn(key, "use") != "sig") continue;
    if (key.fields().contains("alg") && StringIn(key, "alg") != algorithm) continue;
    bssl::UniquePtr<EVP_PKEY> public_key = is_rsa ? MakeRsa(key) : MakeP256(key);
    ERR_clear_error();
    if (public_key == nullptr) continue;
    out.keys_.push_back({StringIn(key, "kid"), algorithm, std::move(public_key)});
  }
  if (out.keys_.empty()) {
    return absl::InvalidArgumentError(
        "has no key for RS256 (RSA of 2048 to 8192 bits) or ES256 (P-256)");
  }
  return out;
}

bool JsonWebKeys::Verify(absl::string_view algorithm, absl::string_view key_id,
                         absl::string_view text, absl::string_view signature) const {
  const std::string der = algorithm == kEs256 ? ToDer(signature) : std::string(signature);
  for (const Key& key : keys_) {
    if (key.algorithm != algorithm || (!key_id.empty() && key.id != key_id)) continue;
    if (VerifySha256(key.public_key.get(), text, der)) return true;
  }
  return false;
}

}  // namespace mailstrom::server
