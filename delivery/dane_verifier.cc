#include "delivery/dane_verifier.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "delivery/certificate_strength.h"
#include "openssl/err.h"
#include "openssl/evp.h"
#include "openssl/sha.h"
#include "openssl/x509.h"
#include "openssl/x509v3.h"

namespace mailstrom::delivery {
namespace {

int ReferenceIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// The part of a certificate that a record speaks of, in DER.
std::string Selected(X509* certificate, TlsaRecord::Selector selector) {
  uint8_t* der = nullptr;
  const int size = selector == TlsaRecord::Selector::kCertificate
                       ? i2d_X509(certificate, &der)
                       : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return "";
  const bssl::UniquePtr<uint8_t> owner(der);
  return std::string(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
}

std::string Digest(const std::string& data, TlsaRecord::Matching matching) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(data.data());
  uint8_t digest[SHA512_DIGEST_LENGTH];
  switch (matching) {
    case TlsaRecord::Matching::kExact:
      return data;
    case TlsaRecord::Matching::kSha256:
      SHA256(bytes, data.size(), digest);
      return std::string(reinterpret_cast<const char*>(digest), SHA256_DIGEST_LENGTH);
    case TlsaRecord::Matching::kSha512:
      SHA512(bytes, data.size(), digest);
      return std::string(reinterpret_cast<const char*>(digest), SHA512_DIGEST_LENGTH);
  }
  return "";
}

bool Matches(const TlsaRecord& record, X509* certificate) {
  const std::string selected = Selected(certificate, record.selector);
  return !selected.empty() && Digest(selected, record.matching) == record.data;
}

// Whether the chain from the leaf ends at `anchor`, in date, with a name that fits.
bool ChainsTo(X509* anchor, STACK_OF(X509) * chain, const std::vector<std::string>& names) {
  const bssl::UniquePtr<X509_STORE> store(X509_STORE_new());
  const bssl::UniquePtr<X509_STORE_CTX> context(X509_STORE_CTX_new());
  if (store == nullptr || context == nullptr || X509_STORE_add_cert(store.get(), anchor) != 1) {
    return false;
  }
  X509* const leaf = sk_X509_value(chain, 0);
  if (X509_STORE_CTX_init(context.get(), store.get(), leaf, chain) != 1 ||
      X509_STORE_CTX_set_default(context.get(), "ssl_server") != 1) {
    return false;
  }
  X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  for (const std::string& name : names) {
    if (X509_VERIFY_PARAM_add1_host(parameters, name.data(), name.size()) != 1) return false;
  }
  X509_STORE_CTX_set_verify_cb(context.get(), [](int ok, X509_STORE_CTX* verification) {
    return ok == 1 && CurrentWeakness(verification).empty() ? 1 : 0;
  });
  return !names.empty() && X509_verify_cert(context.get()) == 1;
}

bool HoldsAsTrustAnchor(const TlsaRecord& record, STACK_OF(X509) * chain,
                        const std::vector<std::string>& names) {
  // The leaf itself is no issuer of itself, unless it says so.
  for (size_t i = 0; i < sk_X509_num(chain); ++i) {
    X509* const certificate = sk_X509_value(chain, i);
    if (Matches(record, certificate) && X509_check_ca(certificate) != 0 &&
        ChainsTo(certificate, chain, names)) {
      return true;
    }
  }
  if (record.selector != TlsaRecord::Selector::kCertificate ||
      record.matching != TlsaRecord::Matching::kExact) {
    return false;
  }
  // The record has the whole certificate, so the host need not present it.
  const auto* der = reinterpret_cast<const uint8_t*>(record.data.data());
  const bssl::UniquePtr<X509> anchor(
      d2i_X509(nullptr, &der, static_cast<long>(record.data.size())));
  return anchor != nullptr && ChainsTo(anchor.get(), chain, names);
}

bool Holds(const DaneReference& reference, STACK_OF(X509) * chain) {
  if (chain == nullptr || sk_X509_num(chain) == 0) return false;
  for (const TlsaRecord& record : reference.records) {
    const bool holds = record.usage == TlsaRecord::Usage::kEndEntity
                           ? Matches(record, sk_X509_value(chain, 0))
                           : HoldsAsTrustAnchor(record, chain, reference.names);
    if (holds) return true;
  }
  return false;
}

ssl_verify_result_t Verify(SSL* ssl, uint8_t* alert) {
  const auto* reference = static_cast<const DaneReference*>(SSL_get_ex_data(ssl, ReferenceIndex()));
  const bool holds = reference != nullptr && Holds(*reference, SSL_get_peer_full_cert_chain(ssl));
  // What was tried in vain leaves its errors behind.
  ERR_clear_error();
  if (holds) return ssl_verify_ok;
  *alert = SSL_AD_BAD_CERTIFICATE;
  return ssl_verify_invalid;
}

}  // namespace

void VerifyByDane(SSL* ssl, const DaneReference* reference) {
  SSL_set_ex_data(ssl, ReferenceIndex(), const_cast<DaneReference*>(reference));
  SSL_set_custom_verify(ssl, SSL_VERIFY_PEER, &Verify);
}

}  // namespace mailstrom::delivery
