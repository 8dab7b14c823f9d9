#include "server/tls_credentials.h"

#include <string>

#include "grpc/grpc.h"
#include "grpc/grpc_security.h"

namespace mailstrom::server {
namespace {

grpc_ssl_client_certificate_request_type RequestType(bool ask, bool require) {
  if (!ask) return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
  return require ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                 : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
}

}  // namespace

TlsCredentials::TlsCredentials(const TlsFiles& files, bool require_client_certificate)
    : files_(files) {
  const auto fetch = [](void* self, grpc_ssl_server_certificate_config** config) {
    *config = static_cast<TlsCredentials*>(self)->Fetch();
    return *config == nullptr ? GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED
                              : GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  };
  const bool ask = !files.identity()->client_authorities.empty();
  credentials_ = grpc_ssl_server_credentials_create_with_options(
      grpc_ssl_server_credentials_create_options_using_config_fetcher(
          RequestType(ask, require_client_certificate), fetch, this));
}

TlsCredentials::~TlsCredentials() { grpc_server_credentials_release(credentials_); }

int TlsCredentials::AddPortToServer(const std::string& address, grpc_server* server) {
  return grpc_server_add_http2_port(server, address.c_str(), credentials_);
}

grpc_ssl_server_certificate_config* TlsCredentials::Fetch() {
  std::shared_ptr<const TlsIdentity> identity = files_.identity();
  absl::MutexLock lock(&mutex_);
  if (identity == fetched_) return nullptr;
  const grpc_ssl_pem_key_cert_pair pair = {identity->private_key.c_str(),
                                           identity->certificates.c_str()};
  // gRPC wants some even when no client is asked for a certificate.
  const char* const authorities = identity->client_authorities.empty()
                                      ? identity->certificates.c_str()
                                      : identity->client_authorities.c_str();
  fetched_ = std::move(identity);
  return grpc_ssl_server_certificate_config_create(authorities, &pair, 1);
}

}  // namespace mailstrom::server
