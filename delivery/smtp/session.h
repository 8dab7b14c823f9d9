#ifndef MAILSTROM_DELIVERY_SMTP_SESSION_H_
#define MAILSTROM_DELIVERY_SMTP_SESSION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "asio/awaitable.hpp"
#include "base/alarms.h"
#include "delivery/smtp/capabilities.h"
#include "delivery/smtp/reply_parser.h"
#include "delivery/transport.h"
#include "storage/records.h"

namespace mailstrom::delivery::smtp {

// RFC 5321 §4.5.3.2, with room for the greeting's own lookup on the other side. Each covers a whole
// reply, however slowly its bytes come; data_block covers progress.
struct Timeouts {
  absl::Duration connect = absl::Seconds(30);
  absl::Duration greeting = absl::Minutes(5);
  absl::Duration hello = absl::Minutes(5);
  absl::Duration tls = absl::Minutes(2);
  absl::Duration mail = absl::Minutes(5);
  absl::Duration rcpt = absl::Minutes(5);
  absl::Duration data_command = absl::Minutes(2);
  absl::Duration data_block = absl::Minutes(3);
  absl::Duration data_end = absl::Minutes(10);
  absl::Duration quit = absl::Seconds(10);
  // Cap on each of Open and Deliver as a whole, against a peer that makes progress for ever.
  absl::Duration call = absl::Hours(2);
};

enum class TlsMode {
  kNone,           // Never STARTTLS.
  kOpportunistic,  // STARTTLS where offered, unverified; failing it is reported as kTls.
  kRequire,        // STARTTLS or nothing, unverified.
  kVerify,         // STARTTLS with a verified certificate or nothing.
};

struct SessionOptions {
  // This host's FQDN, for EHLO.
  std::string hello_name;
  // The MX host's name, for SNI and certificate.
  std::string peer_name;
  TlsMode tls = TlsMode::kOpportunistic;
  Timeouts timeouts;
};

// Why a step of the dialogue did not work.
struct Failure {
  enum class Kind {
    kReply,        // The server said no: 4yz or 5yz in `reply`.
    kConnection,   // The connection broke or was closed.
    kTimeout,      // No progress within the phase's time-out.
    kProtocol,     // An answer that is no SMTP, or one that is out of place.
    kTls,          // The handshake or its policy failed.
    kUnsupported,  // The server lacks what the message needs (SIZE, 8BITMIME, SMTPUTF8).
  };
  Kind kind = Kind::kConnection;
  storage::Phase phase = storage::Phase::kNone;
  // Set for kReply; for the others, the server's last word if it matters (such as a 421).
  std::optional<Reply> reply;
  // For people.
  std::string description;
};

// One message to one or more recipients of a site.
struct Transaction {
  // Paths without angle brackets; empty is the null reverse-path.
  std::string reverse_path;
  std::vector<std::string> forward_paths;
  std::shared_ptr<const std::string> message;
  bool is_8bit = false;
  bool needs_smtputf8 = false;
};

// What came of one forward-path.
struct RecipientResult {
  enum class Kind {
    kDelivered,  // The final reply was 2yz; `reply` has it.
    kFailed,     // `failure` says why; its scope is this recipient or the whole transaction.
    kInDoubt,    // The connection broke or timed out after the final dot: nobody knows.
    kUntried,    // Never answered for (452 4.5.3, a session that ended before): goes into a new
                 // transaction.
  };
  Kind kind = Kind::kUntried;
  std::optional<Reply> reply;
  Failure failure;
};

struct TransactionResult {
  // One per forward-path, in their order.
  std::vector<RecipientResult> recipients;
  // Why the session ended in the midst of it, if it did.
  std::optional<Failure> session_failure;
};

// The client's side of one SMTP connection (RFC 5321). Lives on one strand; one call at a time.
// Never throws; every call ends within the time-outs.
class Session {
 public:
  // `alarms`, of the same strand, must outlive the session.
  Session(Alarms& alarms, std::unique_ptr<Stream> stream, SessionOptions options);
  ~Session();

  // Greeting, EHLO (HELO on 500 or 502), STARTTLS and EHLO again. Nothing: it may be used.
  asio::awaitable<std::optional<Failure>> Open();

  // Sends one message. Only after Open, while usable().
  asio::awaitable<TransactionResult> Deliver(Transaction transaction);

  // Says QUIT, without insisting on an answer, and closes.
  asio::awaitable<void> Quit();

  // Ends the connection at once; a call under way fails with kConnection.
  void Abort();

  // False after a 421, a broken connection or a protocol error.
  bool usable() const;
  // TLS version and cipher; empty in clear.
  const std::string& tls() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mailstrom::delivery::smtp

#endif  // MAILSTROM_DELIVERY_SMTP_SESSION_H_
