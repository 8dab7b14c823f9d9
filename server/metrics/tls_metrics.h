#ifndef MAILSTROM_SERVER_METRICS_TLS_METRICS_H_
#define MAILSTROM_SERVER_METRICS_TLS_METRICS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "delivery/transport.h"
#include "prometheus/counter.h"
#include "prometheus/registry.h"

namespace mailstrom::server {

// Counts TLS handshakes with mail hosts.
class TlsMetrics {
 public:
  explicit TlsMetrics(prometheus::Registry& registry);

  // `tls`: what Stream::StartTls answered. Thread-safe.
  void OnHandshake(const absl::StatusOr<std::string>& tls);

 private:
  prometheus::Counter& tls13_;
  prometheus::Counter& tls12_;
  prometheus::Counter& failed_;
  prometheus::Counter& broken_;
};

// Opens the streams of another connector, and counts their handshakes. Lives on one strand.
class MeteredConnector final : public delivery::Connector {
 public:
  // Both must outlive it and its streams.
  MeteredConnector(delivery::Connector& inner, TlsMetrics& metrics)
      : inner_(inner), metrics_(metrics) {}

  asio::awaitable<absl::StatusOr<std::unique_ptr<delivery::Stream>>> Connect(
      delivery::Endpoint peer, absl::Duration timeout) override;

 private:
  delivery::Connector& inner_;
  TlsMetrics& metrics_;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_METRICS_TLS_METRICS_H_
