#include "delivery/asio_transport.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asio/buffer.hpp"
#include "asio/error.hpp"
#include "asio/experimental/as_tuple.hpp"
#include "asio/ip/tcp.hpp"
#include "asio/ssl/context.hpp"
#include "asio/ssl/error.hpp"
#include "asio/ssl/stream.hpp"
#include "asio/this_coro.hpp"
#include "asio/use_awaitable.hpp"
#include "delivery/certificate_strength.h"
#include "delivery/dane_verifier.h"
#include "delivery/tls_session_cache.h"

namespace mailstrom::delivery {
namespace {

using asio::ip::tcp;
using TlsStream = asio::ssl::stream<tcp::socket&>;

// Each may hold a chain of certificates, of some kilobytes.
constexpr size_t kMaxTlsSessions = 1000;
// A session that is resumed is not verified again, so it must not outlive its certificate by much.
constexpr uint32_t kTlsSessionSeconds = 2 * 60 * 60;

constexpr auto kTuple = asio::experimental::as_tuple(asio::use_awaitable);

// A stream's sockets. Calls under way share it, so that Close, or the stream's end, leaves them
// something to fail on.
struct Connection {
  explicit Connection(asio::any_io_executor executor) : socket(std::move(executor)) {}

  void Close() {
    asio::error_code ignored;
    socket.close(ignored);
  }

  tcp::socket socket;
  std::optional<TlsStream> tls;
  // Used by a handshake under way.
  DaneReference dane;
  // Where sessions that the peer offers go; none while the key is empty.
  std::shared_ptr<TlsSessionCache> sessions;
  std::string session_key;
  // What was too weak about the peer's certificates, if anything.
  std::string weakness;
  bool busy = false;
  bool expired = false;
};

// A call under way: closes the connection when `timeout` runs out before its end.
class Call {
 public:
  Call(Alarms& alarms, std::shared_ptr<Connection> connection, absl::Duration timeout)
      : alarms_(alarms), connection_(std::move(connection)) {
    connection_->busy = true;
    Restart(timeout);
  }
  ~Call() {
    connection_->busy = false;
    alarms_.Cancel(alarm_);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  void Restart(absl::Duration timeout) {
    alarms_.Cancel(alarm_);
    alarm_ = alarms_.Set(timeout, [connection = connection_] {
      connection->expired = true;
      connection->Close();
    });
  }

  absl::Status Error(absl::string_view what, const asio::error_code& error) const {
    if (connection_->expired) {
      return absl::DeadlineExceededError(absl::StrCat(what, ": no progress in time"));
    }
    if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) {
      return absl::UnavailableError(absl::StrCat(what, ": the connection was closed here"));
    }
    return absl::UnavailableError(absl::StrCat(what, ": ", error.message()));
  }

 private:
  Alarms& alarms_;
  const std::shared_ptr<Connection> connection_;
  Alarms::Id alarm_ = Alarms::kNone;
};

bool IsEnd(const asio::error_code& error) {
  return error == asio::error::eof || error == asio::ssl::error::stream_truncated;
}

bool IsAddress(const std::string& text) {
  asio::error_code error;
  asio::ip::make_address(text, error);
  return !error;
}

absl::Status BindTo(tcp::socket& socket, const std::string& source) {
  // The port is chosen when the peer is known, so that all ports can be used with each peer.
  const int on = 1;
  setsockopt(socket.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  asio::error_code error;
  const asio::ip::address address = asio::ip::make_address(source, error);
  if (!error) socket.bind(tcp::endpoint(address, 0), error);
  if (!error) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("connect: cannot use the source address ", source, ": ", error.message()));
}

// Puts SNI and, for a verified handshake, the name to match into `ssl`.
bool SetServerName(SSL* ssl, const TlsParameters& parameters) {
  const std::string& name = parameters.server_name;
  const bool is_address = IsAddress(name);
  // RFC 6066 §3 has no addresses in SNI.
  if (!name.empty() && !is_address && SSL_set_tlsext_host_name(ssl, name.c_str()) != 1)
    return false;
  if (!parameters.verify) return true;
  if (name.empty()) return false;
  X509_VERIFY_PARAM* verify = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (is_address) return X509_VERIFY_PARAM_set1_ip_asc(verify, name.c_str()) == 1;
  return X509_VERIFY_PARAM_set1_host(verify, name.data(), name.size()) == 1;
}

int ConnectionIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// What a peer offers after a handshake, with TLS 1.3 in the midst of reading.
int KeepSession(SSL* ssl, SSL_SESSION* session) {
  auto* const connection = static_cast<Connection*>(SSL_get_ex_data(ssl, ConnectionIndex()));
  if (connection == nullptr || connection->session_key.empty()) return 0;
  connection->sessions->Put(connection->session_key, bssl::UniquePtr<SSL_SESSION>(session));
  return 1;
}

// A session made without verification proves nothing to a handshake that wants it, and what TLSA
// records say may have changed since. Empty: nothing may be resumed.
std::string SessionKey(const TlsParameters& parameters) {
  if (parameters.server_name.empty() || !parameters.tlsa_records.empty()) return "";
  return absl::StrCat(parameters.verify ? "verified " : "any ", parameters.server_name);
}

// Refuses what BoringSSL itself would still take.
int VerifyStrength(int ok, X509_STORE_CTX* verification) {
  if (ok != 1) return 0;
  std::string weakness = CurrentWeakness(verification);
  if (weakness.empty()) return 1;
  auto* const ssl = static_cast<SSL*>(
      X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* const connection = static_cast<Connection*>(SSL_get_ex_data(ssl, ConnectionIndex()));
  if (connection != nullptr) connection->weakness = std::move(weakness);
  X509_STORE_CTX_set_error(verification, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

// Lets the handshake resume the last session with the peer, and keeps those that it will offer.
void UseSessions(Connection& connection, const TlsParameters& parameters,
                 std::shared_ptr<TlsSessionCache> sessions) {
  SSL* const ssl = connection.tls->native_handle();
  connection.sessions = std::move(sessions);
  connection.session_key = SessionKey(parameters);
  SSL_set_ex_data(ssl, ConnectionIndex(), &connection);
  if (connection.session_key.empty()) return;
  const bssl::UniquePtr<SSL_SESSION> session = connection.sessions->Take(connection.session_key);
  if (session != nullptr) SSL_set_session(ssl, session.get());
}

// With TLS 1.2 a peer that takes a session offers no new one, for it may be used again.
void KeepResumed(Connection& connection) {
  SSL* const ssl = connection.tls->native_handle();
  if (connection.session_key.empty() || !SSL_session_reused(ssl)) return;
  bssl::UniquePtr<SSL_SESSION> session(SSL_get1_session(ssl));
  if (session == nullptr || SSL_SESSION_should_be_single_use(session.get())) return;
  connection.sessions->Put(connection.session_key, std::move(session));
}

std::string DescribeTls(SSL* ssl) {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl);
  return absl::StrCat(SSL_get_version(ssl), " ",
                      cipher == nullptr ? "?" : SSL_CIPHER_standard_name(cipher));
}

std::string DescribeHandshakeError(Connection& connection, bool verify,
                                   const asio::error_code& error) {
  if (!connection.weakness.empty()) return absl::StrCat("certificate: ", connection.weakness);
  const long result = SSL_get_verify_result(connection.tls->native_handle());
  // That is what it says when it did not come to the certificate.
  const bool unverified = result == X509_V_OK || result == X509_V_ERR_INVALID_CALL;
  if (!verify || unverified) return error.message();
  return absl::StrCat("certificate: ", X509_verify_cert_error_string(result));
}

}  // namespace

// Holds one context for each kind of handshake; making one means reading all roots.
class AsioConnector::TlsContexts {
 public:
  explicit TlsContexts(const std::string& trusted_roots_file)
      : unverified_(asio::ssl::context::tls_client), verified_(asio::ssl::context::tls_client) {
    for (asio::ssl::context* context : {&unverified_, &verified_}) {
      SSL_CTX* const native = context->native_handle();
      SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
      SSL_CTX_set_session_cache_mode(native,
                                     SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
      SSL_CTX_set_timeout(native, kTlsSessionSeconds);
      SSL_CTX_set_session_psk_dhe_timeout(native, kTlsSessionSeconds);
      SSL_CTX_sess_set_new_cb(native, &KeepSession);
    }
    asio::error_code error;
    unverified_.set_verify_mode(asio::ssl::verify_none, error);
    SSL_CTX_set_verify(verified_.native_handle(), SSL_VERIFY_PEER, &VerifyStrength);
    verified_.load_verify_file(trusted_roots_file, error);
    if (error) {
      roots_error_ = absl::FailedPreconditionError(
          absl::StrCat("cannot read trusted roots from ", trusted_roots_file));
    }
  }

  absl::StatusOr<asio::ssl::context*> ForHandshake(bool verify) {
    if (!verify) return &unverified_;
    if (!roots_error_.ok()) return roots_error_;
    return &verified_;
  }

  const std::shared_ptr<TlsSessionCache>& sessions() const { return sessions_; }

 private:
  const std::shared_ptr<TlsSessionCache> sessions_ =
      std::make_shared<TlsSessionCache>(kMaxTlsSessions);
  asio::ssl::context unverified_;
  asio::ssl::context verified_;
  absl::Status roots_error_;
};

class AsioConnector::AsioStream final : public Stream {
 public:
  AsioStream(Alarms& alarms, std::shared_ptr<TlsContexts> tls,
             std::shared_ptr<Connection> connection)
      : alarms_(alarms), tls_(std::move(tls)), connection_(std::move(connection)) {}
  ~AsioStream() override { Close(); }

  asio::awaitable<absl::StatusOr<size_t>> Read(absl::Span<char> buffer,
                                               absl::Duration timeout) override {
    const std::shared_ptr<Connection> connection = connection_;
    const Call call(alarms_, connection, timeout);
    const auto target = asio::buffer(buffer.data(), buffer.size());
    const auto [error, size] = connection->tls
                                   ? co_await connection->tls->async_read_some(target, kTuple)
                                   : co_await connection->socket.async_read_some(target, kTuple);
    if (!error) co_return size;
    if (IsEnd(error) && !connection->expired) co_return size_t{0};
    co_return call.Error("read", error);
  }

  asio::awaitable<absl::Status> Write(absl::string_view data, absl::Duration timeout) override {
    const std::shared_ptr<Connection> connection = connection_;
    Call call(alarms_, connection, timeout);
    while (!data.empty()) {
      const auto source = asio::buffer(data.data(), data.size());
      const auto [error, size] = connection->tls
                                     ? co_await connection->tls->async_write_some(source, kTuple)
                                     : co_await connection->socket.async_write_some(source, kTuple);
      if (error) co_return call.Error("write", error);
      data.remove_prefix(size);
      if (!data.empty()) call.Restart(timeout);
    }
    co_return absl::OkStatus();
  }

  asio::awaitable<absl::StatusOr<std::string>> StartTls(TlsParameters parameters,
                                                        absl::Duration timeout) override {
    const std::shared_ptr<Connection> connection = connection_;
    const std::shared_ptr<TlsContexts> contexts = tls_;
    const absl::StatusOr<asio::ssl::context*> context = contexts->ForHandshake(parameters.verify);
    if (!context.ok()) co_return context.status();
    if (connection->tls) co_return absl::FailedPreconditionError("the stream has TLS already");
    const Call call(alarms_, connection, timeout);
    connection->tls.emplace(connection->socket, **context);
    SSL* const ssl = connection->tls->native_handle();
    if (!SetServerName(ssl, parameters)) {
      co_return absl::FailedPreconditionError("TLS cannot carry this server name");
    }
    UseSessions(*connection, parameters, contexts->sessions());
    const bool dane = !parameters.tlsa_records.empty();
    if (dane) {
      connection->dane = {std::move(parameters.tlsa_records), {parameters.server_name}};
      VerifyByDane(ssl, &connection->dane);
    }
    const auto [error] =
        co_await connection->tls->async_handshake(asio::ssl::stream_base::client, kTuple);
    if (!error) {
      KeepResumed(*connection);
      co_return DescribeTls(ssl);
    }
    if (connection->expired || error == asio::error::operation_aborted) {
      co_return call.Error("handshake", error);
    }
    if (dane &&
        ERR_GET_REASON(static_cast<uint32_t>(error.value())) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
      co_return absl::FailedPreconditionError(
          "handshake: certificate: no TLSA record holds for it");
    }
    co_return absl::FailedPreconditionError(
        absl::StrCat("handshake: ", DescribeHandshakeError(*connection, parameters.verify, error)));
  }

  void Close() override {
    if (connection_->tls && !connection_->busy && connection_->socket.is_open()) {
      // Asio tries to write close_notify at once; what does not fit is cut off by the close.
      connection_->tls->async_shutdown([connection = connection_](asio::error_code) {});
    }
    connection_->Close();
  }

 private:
  Alarms& alarms_;
  const std::shared_ptr<TlsContexts> tls_;
  const std::shared_ptr<Connection> connection_;
};

AsioConnector::AsioConnector(Alarms& alarms, AsioConnectorOptions options)
    : alarms_(alarms), tls_(std::make_shared<TlsContexts>(options.trusted_roots_file)) {}

AsioConnector::~AsioConnector() = default;

asio::awaitable<absl::StatusOr<std::unique_ptr<Stream>>> AsioConnector::Connect(
    Endpoint peer, absl::Duration timeout) {
  Alarms& alarms = alarms_;
  const std::shared_ptr<TlsContexts> tls = tls_;
  asio::error_code error;
  const asio::ip::address address = asio::ip::make_address(peer.address, error);
  if (error) co_return absl::UnavailableError("connect: not an IP address");
  const auto connection = std::make_shared<Connection>(co_await asio::this_coro::executor);
  const Call call(alarms, connection, timeout);
  connection->socket.open(address.is_v4() ? tcp::v4() : tcp::v6(), error);
  if (error) co_return call.Error("connect", error);
  if (!peer.source.empty()) {
    const absl::Status bound = BindTo(connection->socket, peer.source);
    if (!bound.ok()) co_return bound;
  }
  const auto [refused] =
      co_await connection->socket.async_connect(tcp::endpoint(address, peer.port), kTuple);
  if (refused) co_return call.Error("connect", refused);
  // Writes are whole commands and blocks already; Nagle would only hold back the last of them until
  // the peer's delayed acknowledgement.
  connection->socket.set_option(tcp::no_delay(true), error);
  co_return std::make_unique<AsioStream>(alarms, tls, connection);
}

}  // namespace mailstrom::delivery
