#ifndef MAILSTROM_SERVER_TLS_FILES_H_
#define MAILSTROM_SERVER_TLS_FILES_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "mailstrom/config/v1/server_config.pb.h"

namespace mailstrom::server {

// What the server shows of itself in TLS and whose certificates it takes, all in PEM.
struct TlsIdentity {
  // The server's own certificate, then those that lead to an authority.
  std::string certificates;
  std::string private_key;
  // Empty: clients are not asked for certificates.
  std::string client_authorities;

  bool operator==(const TlsIdentity& other) const {
    return certificates == other.certificates && private_key == other.private_key &&
           client_authorities == other.client_authorities;
  }
};

// The configured TLS files, which are replaced as a whole when they change. Thread-safe.
class TlsFiles {
 public:
  explicit TlsFiles(config::v1::TlsConfig config);

  // Reads the files. True: they are others than before. InvalidArgument: a file cannot be read or
  // used, or the private key is not that of the certificate; the file is named, and what was in
  // force stays so.
  absl::StatusOr<bool> Reload();

  // What is in force; null before the first Reload that succeeds.
  std::shared_ptr<const TlsIdentity> identity() const;

 private:
  const config::v1::TlsConfig config_;

  mutable absl::Mutex mutex_;
  std::shared_ptr<const TlsIdentity> identity_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_TLS_FILES_H_
