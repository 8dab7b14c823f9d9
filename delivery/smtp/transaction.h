#ifndef MAILSTROM_DELIVERY_SMTP_TRANSACTION_H_
#define MAILSTROM_DELIVERY_SMTP_TRANSACTION_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "delivery/smtp/reply_parser.h"
#include "storage/records.h"

namespace mailstrom::delivery::smtp {

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
  // RFC 3463 code of our own finding, for kUnsupported; else empty.
  std::string enhanced_code = "";
};

// On what the sender wants to be notified; on nothing when none is set (NEVER).
struct DsnEvents {
  bool success = false;
  bool failure = false;
  bool delay = false;
};

// What to ask of the server about notifications (RFC 3461). Left out for a server without DSN.
struct DsnRequest {
  enum class Return { kDefault, kFull, kHeaders };
  // Comes back in notifications, to tell what they are about. At most 100 bytes once encoded, else
  // left out; empty: none.
  std::string envelope_id;
  // How much of the message comes back.
  Return content = Return::kDefault;
  // Unset: the server's default.
  std::optional<DsnEvents> notify = std::nullopt;
  // For each forward-path the address that the sender gave; all of them, or none.
  std::vector<std::string> original_recipients;
};

// One message to one or more recipients of a site.
struct Transaction {
  // Paths without angle brackets; empty is the null reverse-path.
  std::string reverse_path;
  std::vector<std::string> forward_paths;
  std::shared_ptr<const std::string> message;
  bool is_8bit = false;
  bool needs_smtputf8 = false;
  std::optional<DsnRequest> dsn = std::nullopt;
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

}  // namespace mailstrom::delivery::smtp

#endif  // MAILSTROM_DELIVERY_SMTP_TRANSACTION_H_
