#include "server/metrics/tls_metrics.h"

#include <utility>

#include "absl/strings/match.h"

namespace mailstrom::server {
namespace {

prometheus::Family<prometheus::Counter>& Handshakes(prometheus::Registry& registry) {
  return prometheus::BuildCounter()
      .Name("mailstrom_tls_handshakes_total")
      .Help(
          "TLS handshakes with mail hosts by result; `failed`: no agreement, or a certificate that "
          "does not verify; `broken`: the connection ended in the midst of it, or its time was "
          "over.")
      .Register(registry);
}

class MeteredStream final : public delivery::Stream {
 public:
  MeteredStream(std::unique_ptr<Stream> inner, TlsMetrics& metrics)
      : inner_(std::move(inner)), metrics_(metrics) {}

  asio::awaitable<absl::StatusOr<size_t>> Read(absl::Span<char> buffer,
                                               absl::Duration timeout) override {
    return inner_->Read(buffer, timeout);
  }
  asio::awaitable<absl::Status> Write(absl::string_view data, absl::Duration timeout) override {
    return inner_->Write(data, timeout);
  }
  asio::awaitable<absl::StatusOr<std::string>> StartTls(delivery::TlsParameters parameters,
                                                        absl::Duration timeout) override {
    absl::StatusOr<std::string> tls = co_await inner_->StartTls(std::move(parameters), timeout);
    metrics_.OnHandshake(tls);
    co_return tls;
  }
  void Close() override { inner_->Close(); }

 private:
  const std::unique_ptr<Stream> inner_;
  TlsMetrics& metrics_;
};

}  // namespace

TlsMetrics::TlsMetrics(prometheus::Registry& registry)
    : tls13_(Handshakes(registry).Add({{"result", "ok"}, {"version", "TLSv1.3"}})),
      tls12_(Handshakes(registry).Add({{"result", "ok"}, {"version", "TLSv1.2"}})),
      failed_(Handshakes(registry).Add({{"result", "failed"}, {"version", "none"}})),
      broken_(Handshakes(registry).Add({{"result", "broken"}, {"version", "none"}})) {}

void TlsMetrics::OnHandshake(const absl::StatusOr<std::string>& tls) {
  if (tls.ok()) {
    (absl::StartsWith(*tls, "TLSv1.2") ? tls12_ : tls13_).Increment();
  } else {
    (absl::IsFailedPrecondition(tls.status()) ? failed_ : broken_).Increment();
  }
}

asio::awaitable<absl::StatusOr<std::unique_ptr<delivery::Stream>>> MeteredConnector::Connect(
    delivery::Endpoint peer, absl::Duration timeout) {
  absl::StatusOr<std::unique_ptr<delivery::Stream>> stream =
      co_await inner_.Connect(std::move(peer), timeout);
  if (stream.ok()) *stream = std::make_unique<MeteredStream>(*std::move(stream), metrics_);
  co_return stream;
}

}  // namespace mailstrom::server
