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
  // Local addresses to connect from; empty: the system chooses.
  std::string source_ipv4;
  std::string source_ipv6;
};

// TCP streams with TLS 1.2 or 1.3 on demand, on the caller's executor, which must run one handler
// at a time. Streams may outlive the connector, not `alarms`.
class AsioConnector final : public Connector {
 public:
  // InvalidArgument: a source address is no address of its family. A roots file that cannot be read
  // is no error before a verified handshake needs it, which then fails with FailedPrecondition.
  static absl::StatusOr<std::unique_ptr<AsioConnector>> Create(Alarms& alarms,
                                                               AsioConnectorOptions options);
  ~AsioConnector() override;

  asio::awaitable<absl::StatusOr<std::unique_ptr<Stream>>> Connect(Endpoint peer,
                                                                   absl::Duration timeout) override;

 private:
  class TlsContexts;
  class AsioStream;

  AsioConnector(Alarms& alarms, AsioConnectorOptions options);

  Alarms& alarms_;
  const AsioConnectorOptions options_;
  std::shared_ptr<TlsContexts> tls_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_ASIO_TRANSPORT_H_
