#ifndef MAILSTROM_DELIVERY_TRANSPORT_H_
#define MAILSTROM_DELIVERY_TRANSPORT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "asio/awaitable.hpp"
#include "delivery/tlsa_record.h"

namespace mailstrom::delivery {

// Where to connect to: an IP address in text form (IPv4 or IPv6, no brackets) and a TCP port.
struct Endpoint {
  std::string address;
  uint16_t port = 25;
  // The address of this host to connect from, of the same family; empty: the system chooses.
  std::string source = "";
};

// How a stream turns to TLS.
struct TlsParameters {
  // For SNI and, when `verify`, for the certificate: a host name in A-labels.
  std::string server_name;
  // Require a chain to a trusted root and a matching name.
  bool verify = false;
  // When not empty, require that one of these holds (RFC 7672); public roots then play no part.
  std::vector<TlsaRecord> tlsa_records = {};
};

// A connected byte stream. Lives on one strand; one call at a time. Every call ends within its
// time-out; after DeadlineExceeded or Unavailable the stream is of no more use, but that Read may
// still give what had arrived before a Write failed with Unavailable.
// DeadlineExceeded: the time-out ran out. Unavailable: the connection broke.
class Stream {
 public:
  virtual ~Stream() = default;

  // Reads what is there, at least one byte; 0 means that the peer closed the connection.
  // `buffer` must live until the call ends.
  virtual asio::awaitable<absl::StatusOr<size_t>> Read(absl::Span<char> buffer,
                                                       absl::Duration timeout) = 0;

  // Writes all of `data`, which must live until the call ends. The time-out covers progress: it
  // starts anew with each block that the peer takes.
  virtual asio::awaitable<absl::Status> Write(absl::string_view data, absl::Duration timeout) = 0;

  // Does a client handshake. Returns version and cipher, such as `TLSv1.3 TLS_AES_128_GCM_SHA256`.
  // FailedPrecondition: the handshake failed or the certificate does not verify.
  virtual asio::awaitable<absl::StatusOr<std::string>> StartTls(TlsParameters parameters,
                                                                absl::Duration timeout) = 0;

  // Ends the connection at once; a call under way fails with Unavailable.
  virtual void Close() = 0;
};

// Opens streams. Lives on one strand.
class Connector {
 public:
  virtual ~Connector() = default;
  // Unavailable: refused or unreachable; DeadlineExceeded: no answer in time; FailedPrecondition:
  // the source is not an address of this host.
  virtual asio::awaitable<absl::StatusOr<std::unique_ptr<Stream>>> Connect(
      Endpoint peer, absl::Duration timeout) = 0;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_TRANSPORT_H_
