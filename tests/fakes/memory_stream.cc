#include "tests/fakes/memory_stream.h"

#include <algorithm>
#include <cstring>

#include "asio/experimental/as_tuple.hpp"
#include "asio/steady_timer.hpp"
#include "asio/this_coro.hpp"
#include "asio/use_awaitable.hpp"

namespace mailstrom::delivery {

// One suspended call of the client. Ends by Wake or by its alarm.
class MemoryConnection::Wait {
 public:
  Wait(MemoryConnection& connection, Alarms& alarms, asio::any_io_executor executor,
       absl::Duration timeout)
      : connection_(connection),
        alarms_(alarms),
        timer_(executor, asio::steady_timer::time_point::max()) {
    connection_.wait_ = this;
    alarm_ = alarms_.Set(timeout, [this] {
      timed_out_ = true;
      timer_.cancel();
    });
  }
  ~Wait() {
    alarms_.Cancel(alarm_);
    connection_.wait_ = nullptr;
  }

  asio::awaitable<void> Suspend() {
    co_await timer_.async_wait(asio::experimental::as_tuple(asio::use_awaitable));
  }
  bool timed_out() const { return timed_out_; }
  void Wake() { timer_.cancel(); }

 private:
  MemoryConnection& connection_;
  Alarms& alarms_;
  asio::steady_timer timer_;
  Alarms::Id alarm_ = Alarms::kNone;
  bool timed_out_ = false;
};

void MemoryConnection::Send(absl::string_view bytes) {
  if (hung_up_ || client_closed_ || bytes.empty()) return;
  to_client_.emplace_back(bytes);
  Wake();
}

void MemoryConnection::Hangup() {
  hung_up_ = true;
  Wake();
}

void MemoryConnection::Wake() {
  if (wait_ != nullptr) wait_->Wake();
}

MemoryStream::MemoryStream(Alarms& alarms, std::shared_ptr<MemoryPeer> peer)
    : alarms_(alarms), peer_(std::move(peer)), connection_(std::make_shared<MemoryConnection>()) {
  peer_->OnOpen(connection_);
}

MemoryStream::~MemoryStream() { Close(); }

void MemoryStream::Close() {
  if (connection_->client_closed_) return;
  connection_->client_closed_ = true;
  connection_->Wake();
  peer_->OnClientClosed();
}

asio::awaitable<absl::StatusOr<size_t>> MemoryStream::Read(absl::Span<char> buffer,
                                                           absl::Duration timeout) {
  std::shared_ptr<MemoryConnection> connection = connection_;
  MemoryConnection::Wait wait(*connection, alarms_, co_await asio::this_coro::executor, timeout);
  while (true) {
    if (connection->client_closed_) co_return absl::UnavailableError("closed by this side");
    if (!connection->to_client_.empty()) break;
    if (connection->hung_up_) co_return size_t{0};
    if (wait.timed_out()) co_return absl::DeadlineExceededError("no data in time");
    co_await wait.Suspend();
  }
  std::string& next = connection->to_client_.front();
  const size_t size = std::min(next.size(), buffer.size());
  std::memcpy(buffer.data(), next.data(), size);
  next.erase(0, size);
  if (next.empty()) connection->to_client_.pop_front();
  co_return size;
}

asio::awaitable<absl::Status> MemoryStream::Write(absl::string_view data, absl::Duration timeout) {
  std::shared_ptr<MemoryConnection> connection = connection_;
  MemoryConnection::Wait wait(*connection, alarms_, co_await asio::this_coro::executor, timeout);
  while (true) {
    if (connection->client_closed_) co_return absl::UnavailableError("closed by this side");
    if (connection->hung_up_) co_return absl::UnavailableError("connection reset by peer");
    if (connection->taking_) break;
    if (wait.timed_out()) co_return absl::DeadlineExceededError("peer takes no data");
    co_await wait.Suspend();
  }
  connection->writes_.emplace_back(data);
  peer_->OnBytes(data);
  co_return absl::OkStatus();
}

asio::awaitable<absl::StatusOr<std::string>> MemoryStream::StartTls(TlsParameters parameters,
                                                                    absl::Duration timeout) {
  std::shared_ptr<MemoryConnection> connection = connection_;
  MemoryConnection::Wait wait(*connection, alarms_, co_await asio::this_coro::executor, timeout);
  if (connection->client_closed_) co_return absl::UnavailableError("closed by this side");
  // Plain bytes where a handshake is due are no TLS record.
  if (!connection->to_client_.empty()) co_return absl::FailedPreconditionError("no TLS record");
  if (connection->hung_up_) co_return absl::UnavailableError("connection reset by peer");
  absl::StatusOr<std::string> result = peer_->OnStartTls(parameters);
  if (absl::IsDeadlineExceeded(result.status())) {
    while (!wait.timed_out() && !connection->client_closed_) co_await wait.Suspend();
    if (connection->client_closed_) co_return absl::UnavailableError("closed by this side");
  }
  connection->tls_ = result.ok();
  co_return result;
}

}  // namespace mailstrom::delivery
