#ifndef MAILSTROM_TESTS_FAKES_MEMORY_STREAM_H_
#define MAILSTROM_TESTS_FAKES_MEMORY_STREAM_H_

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/alarms.h"
#include "delivery/transport.h"

namespace mailstrom::delivery {

class MemoryPeer;

// What the two ends of a MemoryStream have in common, as its peer sees it. The peer may keep it
// and act at any time, on the stream's thread.
class MemoryConnection {
 public:
  // Each Send reaches the client as one Read (or more, when its buffer is small).
  void Send(absl::string_view bytes);
  // Closes the peer's side: the client reads what was sent and then the end; its writes fail.
  void Hangup();
  // From now on the client's writes time out.
  void StopTaking() { taking_ = false; }

  // The client called Close, or dropped the stream.
  bool client_closed() const { return client_closed_; }
  bool hung_up() const { return hung_up_; }
  // Whether a handshake was done.
  bool tls() const { return tls_; }
  // What each Write of the client carried, for tests of how it is cut up.
  const std::vector<std::string>& writes() const { return writes_; }

 private:
  friend class MemoryStream;
  class Wait;

  void Wake();

  std::deque<std::string> to_client_;
  std::vector<std::string> writes_;
  bool taking_ = true;
  bool hung_up_ = false;
  bool client_closed_ = false;
  bool tls_ = false;
  // The client's call under way, if any.
  Wait* wait_ = nullptr;
};

// The server's side of a MemoryStream. All calls come on the client's thread and from within its
// calls, so an answer is there before the client waits for it.
class MemoryPeer {
 public:
  virtual ~MemoryPeer() = default;
  virtual void OnOpen(const std::shared_ptr<MemoryConnection>& connection) = 0;
  virtual void OnBytes(absl::string_view bytes) = 0;
  virtual void OnClientClosed() {}
  // Version and cipher, or why the handshake fails. DeadlineExceeded: it never ends.
  virtual absl::StatusOr<std::string> OnStartTls(const TlsParameters& parameters) {
    return std::string("TLSv1.3 TLS_AES_128_GCM_SHA256");
  }
};

// A Stream within one process. Time-outs come from `alarms`.
class MemoryStream final : public Stream {
 public:
  // Calls `peer->OnOpen`.
  MemoryStream(Alarms& alarms, std::shared_ptr<MemoryPeer> peer);
  ~MemoryStream() override;

  asio::awaitable<absl::StatusOr<size_t>> Read(absl::Span<char> buffer,
                                               absl::Duration timeout) override;
  asio::awaitable<absl::Status> Write(absl::string_view data, absl::Duration timeout) override;
  asio::awaitable<absl::StatusOr<std::string>> StartTls(TlsParameters parameters,
                                                        absl::Duration timeout) override;
  void Close() override;

 private:
  Alarms& alarms_;
  std::shared_ptr<MemoryPeer> peer_;
  std::shared_ptr<MemoryConnection> connection_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_TESTS_FAKES_MEMORY_STREAM_H_
