#include "server/tls_files.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "openssl/bio.h"
#include "openssl/err.h"
#include "openssl/pem.h"
#include "openssl/x509.h"
#include "server/read_file.h"

namespace mailstrom::server {
namespace {

bssl::UniquePtr<BIO> Reader(const std::string& pem) {
  return bssl::UniquePtr<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// The first certificate; null when there is none, or one behind it is damaged.
bssl::UniquePtr<X509> ParseCertificates(const std::string& pem) {
  const bssl::UniquePtr<BIO> bio = Reader(pem);
  bssl::UniquePtr<X509> first(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (first == nullptr) return nullptr;
  ERR_clear_error();
  while (bssl::UniquePtr<X509>(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) !=
         nullptr) {
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return at_end ? std::move(first) : nullptr;
}

absl::Status Problem(absl::string_view field, absl::string_view file, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat("tls.", field, " (", file, "): ", problem));
}

absl::Status ReadInto(absl::string_view field, const std::string& file, std::string& text) {
  absl::StatusOr<std::string> read = ReadFile(file);
  if (!read.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("tls.", field, ": ", read.status().message()));
  }
  text = *std::move(read);
  return absl::OkStatus();
}

absl::Status Check(const TlsIdentity& identity, const config::v1::TlsConfig& config) {
  const bssl::UniquePtr<X509> certificate = ParseCertificates(identity.certificates);
  if (certificate == nullptr) {
    return Problem("certificate_file", config.certificate_file(), "holds no PEM certificates");
  }
  // A key that is encrypted is refused: nobody is there to be asked for its password.
  const bssl::UniquePtr<EVP_PKEY> key(PEM_read_bio_PrivateKey(
      Reader(identity.private_key).get(), nullptr, [](char*, int, int, void*) { return 0; },
      nullptr));
  if (key == nullptr) {
    return Problem("private_key_file", config.private_key_file(),
                   "holds no private key in PEM without a password");
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return Problem("private_key_file", config.private_key_file(),
                   "is not the key of the certificate");
  }
  if (!config.client_ca_file().empty() &&
      ParseCertificates(identity.client_authorities) == nullptr) {
    return Problem("client_ca_file", config.client_ca_file(), "holds no PEM certificates");
  }
  return absl::OkStatus();
}

}  // namespace

TlsFiles::TlsFiles(config::v1::TlsConfig config) : config_(std::move(config)) {}

absl::StatusOr<bool> TlsFiles::Reload() {
  TlsIdentity identity;
  RETURN_IF_ERROR(ReadInto("certificate_file", config_.certificate_file(), identity.certificates));
  RETURN_IF_ERROR(ReadInto("private_key_file", config_.private_key_file(), identity.private_key));
  if (!config_.client_ca_file().empty()) {
    RETURN_IF_ERROR(
        ReadInto("client_ca_file", config_.client_ca_file(), identity.client_authorities));
  }
  {
    absl::MutexLock lock(&mutex_);
    if (identity_ != nullptr && *identity_ == identity) return false;
  }
  const absl::Status usable = Check(identity, config_);
  ERR_clear_error();
  RETURN_IF_ERROR(usable);
  absl::MutexLock lock(&mutex_);
  identity_ = std::make_shared<const TlsIdentity>(std::move(identity));
  return true;
}

std::shared_ptr<const TlsIdentity> TlsFiles::identity() const {
  absl::MutexLock lock(&mutex_);
  return identity_;
}

}  // namespace mailstrom::server
