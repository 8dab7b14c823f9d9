// One session over real sockets on the loopback interface, against a server on a thread of its own.
//
//   bazel run -c opt //delivery/smtp:session_benchmark

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "asio/buffer.hpp"
#include "asio/co_spawn.hpp"
#include "asio/io_context.hpp"
#include "asio/ip/tcp.hpp"
#include "asio/read_until.hpp"
#include "asio/ssl/context.hpp"
#include "asio/ssl/stream.hpp"
#include "asio/write.hpp"
#include "benchmark/benchmark.h"
#include "delivery/asio_alarms.h"
#include "delivery/asio_transport.h"
#include "delivery/smtp/session.h"
#include "tests/fakes/test_certificate.h"

namespace mailstrom::delivery::smtp {
namespace {

using asio::ip::tcp;

// Takes every message of one connection and throws it away.
class Sink {
 public:
  explicit Sink(std::string keywords)
      : keywords_(std::move(keywords)),
        acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        tls_context_(asio::ssl::context::tls_server) {
    const TestCertificate certificate = TestCertificate::SelfSigned({"mx.test", {"mx.test"}});
    const std::string pem = certificate.CertificatePem();
    const std::string key = certificate.KeyPem();
    tls_context_.use_certificate(asio::buffer(pem), asio::ssl::context::pem);
    tls_context_.use_private_key(asio::buffer(key), asio::ssl::context::pem);
    thread_ = std::thread([this] { Serve(); });
  }
  ~Sink() { thread_.join(); }

  uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  void Serve() {
    tcp::socket socket = acceptor_.accept();
    asio::write(socket, asio::buffer(std::string("220 mx.test\r\n")));
    if (Talk(socket)) return;
    asio::ssl::stream<tcp::socket&> tls(socket, tls_context_);
    tls.handshake(asio::ssl::stream_base::server);
    Talk(tls);
  }

  template <typename Socket>
  std::string Take(Socket& socket, const char* end) {
    asio::error_code error;
    const size_t size = asio::read_until(socket, asio::dynamic_buffer(received_), end, error);
    std::string taken = received_.substr(0, size);
    received_.erase(0, size);
    return taken;
  }

  // False: the client wants TLS.
  template <typename Socket>
  bool Talk(Socket& socket) {
    std::string replies;
    while (true) {
      const std::string line = Take(socket, "\r\n");
      if (line.empty() || absl::StartsWith(line, "QUIT")) return true;
      const bool tls = absl::StartsWith(line, "STARTTLS");
      const bool data = absl::StartsWith(line, "DATA");
      if (absl::StartsWith(line, "EHLO")) {
        replies += "250-mx.test\r\n" + keywords_ + "250 8BITMIME\r\n";
      } else {
        replies += tls ? "220 go\r\n" : (data ? "354 go\r\n" : "250 ok\r\n");
      }
      if (received_.empty()) asio::write(socket, asio::buffer(std::exchange(replies, "")));
      if (tls) return false;
      if (!data) continue;
      while (!absl::EndsWith(Take(socket, "\r\n.\r\n"), "\r\n.\r\n")) {
      }
      asio::write(socket, asio::buffer(std::string("250 queued\r\n")));
    }
  }

  const std::string keywords_;
  asio::io_context io_;
  tcp::acceptor acceptor_;
  asio::ssl::context tls_context_;
  std::string received_;
  std::thread thread_;
};

// Client's side: everything that a session needs, on this thread.
class Client {
 public:
  Client(uint16_t port, TlsMode tls) : alarms_(io_.get_executor()) {
    AsioConnector connector(alarms_, {});
    auto stream = Run(connector.Connect({"127.0.0.1", port}, absl::Seconds(5)));
    SessionOptions options;
    options.hello_name = "me.test";
    options.tls = tls;
    session_ = std::make_unique<Session>(alarms_, *std::move(stream), options);
    ok_ = !Run(session_->Open()).has_value();
  }
  ~Client() {
    asio::co_spawn(io_, session_->Quit(), [](std::exception_ptr) {});
    io_.restart();
    io_.run();
  }

  bool ok() const { return ok_; }

  bool Deliver(const std::shared_ptr<const std::string>& message) {
    Transaction transaction;
    transaction.reverse_path = "a@me.test";
    transaction.forward_paths = {"b@x.test"};
    transaction.message = message;
    const TransactionResult result = Run(session_->Deliver(std::move(transaction)));
    return result.recipients[0].kind == RecipientResult::Kind::kDelivered;
  }

 private:
  template <typename T>
  T Run(asio::awaitable<T> call) {
    std::optional<T> result;
    asio::co_spawn(io_, std::move(call),
                   [&result](std::exception_ptr, T value) { result = std::move(value); });
    io_.restart();
    while (!result.has_value()) io_.run_one();
    return *std::move(result);
  }

  asio::io_context io_;
  AsioAlarms alarms_;
  std::unique_ptr<Session> session_;
  bool ok_ = false;
};

void DeliverMessages(benchmark::State& state, const std::string& keywords, TlsMode tls) {
  Sink sink(keywords);
  Client client(sink.port(), tls);
  std::string text;
  while (text.size() < static_cast<size_t>(state.range(0))) {
    text += "A line of a message as they are, of seventy bytes or a little more.\r\n";
  }
  const auto message = std::make_shared<const std::string>(std::move(text));
  if (!client.ok()) state.SkipWithError("the session does not open");
  for (auto _ : state) {
    if (!client.Deliver(message)) state.SkipWithError("not delivered");
  }
  state.SetBytesProcessed(state.iterations() * message->size());
}

void BM_OneCommandAtATime(benchmark::State& state) { DeliverMessages(state, "", TlsMode::kNone); }
BENCHMARK(BM_OneCommandAtATime)->Arg(2 << 10)->UseRealTime();

void BM_Pipelined(benchmark::State& state) {
  DeliverMessages(state, "250-PIPELINING\r\n", TlsMode::kNone);
}
BENCHMARK(BM_Pipelined)->Arg(2 << 10)->Arg(100 << 10)->Arg(10 << 20)->UseRealTime();

void BM_PipelinedTls(benchmark::State& state) {
  DeliverMessages(state, "250-PIPELINING\r\n250-STARTTLS\r\n", TlsMode::kOpportunistic);
}
BENCHMARK(BM_PipelinedTls)->Arg(2 << 10)->Arg(100 << 10)->Arg(10 << 20)->UseRealTime();

}  // namespace
}  // namespace mailstrom::delivery::smtp

BENCHMARK_MAIN();
