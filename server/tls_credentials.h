#ifndef MAILSTROM_SERVER_TLS_CREDENTIALS_H_
#define MAILSTROM_SERVER_TLS_CREDENTIALS_H_

#include <memory>

#include "absl/synchronization/mutex.h"
#include "grpcpp/security/server_credentials.h"
#include "server/tls_files.h"

struct grpc_server_credentials;
struct grpc_ssl_server_certificate_config;

namespace mailstrom::server {

// TLS for one listening address, by what TlsFiles has: each handshake takes the identity that is in
// force when it begins, and connections that are there stay as they are. gRPC's own watcher of
// files is no replacement: it puts a certificate and a key into force that do not belong together,
// as they are found in the middle of a renewal, and then no client gets in.
class TlsCredentials final : public grpc::ServerCredentials {
 public:
  // `files` has an identity. With authorities of clients, a client's certificate must be of one of
  // them; whether there must be one is `require_client_certificate`. Both this and `files` must
  // outlive the gRPC server.
  TlsCredentials(const TlsFiles& files, bool require_client_certificate);
  ~TlsCredentials() override;

  // Does nothing: who may call what is decided by the service, whatever the connection.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& processor) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override;

  // The certificates when they are others than the last time; null: they are not.
  grpc_ssl_server_certificate_config* Fetch();

  const TlsFiles& files_;
  grpc_server_credentials* credentials_ = nullptr;

  absl::Mutex mutex_;
  // What gRPC has.
  std::shared_ptr<const TlsIdentity> fetched_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_TLS_CREDENTIALS_H_
