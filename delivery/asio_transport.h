#ifndef MAILSTROM_DELIVERY_ASIO_TRANSPORT_H_
#define MAILSTROM_DELIVERY_ASIO_TRANSPORT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "asio/awaitable.hpp"
#include "base/alarms.h"
#include "delivery/transport.h"

namespace mailstrom::delivery {

struct AsioConnectorOptions {
  // PEM file with the roots that a verified handshake trusts.
  std::string trusted_roots_file = "/etc/ssl/certs/ca-certificates.crt";
};

// TCP streams with TLS 1.2 or 1.3 on demand, on the caller's executor, which must run one handler
// at a time. Streams may outlive the connector, not `alarms`.
class AsioConnector final : public Connector {
 public:
  // A roots file that cannot be read is no error before a verified handshake needs it, which then
  // fails with FailedPrecondition.
  AsioConnector(Alarms& alarms, AsioConnectorOptions options);
  ~AsioConnector() override;

  asio::awaitable<absl::StatusOr<std::unique_ptr<Stream>>> Connect(Endpoint peer,
                                                                   absl::Duration timeout) override;

 private:
  class TlsContexts;
  class AsioStream;

  Alarms& alarms_;
  std::shared_ptr<TlsContexts> tls_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_ASIO_TRANSPORT_H_
