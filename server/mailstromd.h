#ifndef MAILSTROM_SERVER_MAILSTROMD_H_
#define MAILSTROM_SERVER_MAILSTROMD_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mailstrom/config/v1/server_config.pb.h"

namespace mailstrom::server {

// The whole server: the one place where stores, delivery and gRPC are put together.
class Mailstromd {
 public:
  // Opens the store, starts delivery and serves. `config`: as completed by ParseConfig.
  // Unavailable: the store or the address cannot be had; others as OpenRocksDbStore.
  static absl::StatusOr<std::unique_ptr<Mailstromd>> Start(const config::v1::ServerConfig& config);

  virtual ~Mailstromd() = default;

  // Where it listens, with the real port.
  virtual std::string address() const = 0;

  // Reads the DKIM keys, the access file and the TLS files again. A failure is logged, and what was
  // in force stays.
  virtual void ReloadFiles() = 0;

  // Puts what a new configuration says about TLS, retries, limits, sites, relays and reply rules
  // into force for what is attempted from now on, and its DKIM keys for what is accepted; sessions
  // under way are not touched. The rest of it waits for a restart. Errors are those of
  // MakeEngineOptions, CheckSourceAddresses and DkimKeys; then nothing changes.
  virtual absl::Status ReloadPolicies(const config::v1::ServerConfig& config) = 0;

  // Puts a backup of the store into a new folder of the configured directory, and logs what came of
  // it. Blocks; everybody else goes on. For one thread.
  virtual void BackUp() = 0;
  // The same when the configured interval has passed; to be called now and then.
  virtual void BackUpIfDue() = 0;

  // Drains: takes no more emails, lets sessions end within the configured deadline, ends streams
  // and calls, closes the store. Call once, before destruction.
  virtual void Stop() = 0;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_MAILSTROMD_H_
