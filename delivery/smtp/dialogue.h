#ifndef MAILSTROM_DELIVERY_SMTP_DIALOGUE_H_
#define MAILSTROM_DELIVERY_SMTP_DIALOGUE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "asio/awaitable.hpp"
#include "base/alarms.h"
#include "delivery/smtp/reply_parser.h"
#include "delivery/smtp/transcript.h"
#include "delivery/transport.h"

namespace mailstrom::delivery::smtp {

// Bytes out and replies in, over one connection. Lives on one strand; one call at a time.
// After any error the connection is closed and every further call fails.
// DeadlineExceeded: the time-out ran out. Unavailable: the connection broke or was closed.
// InvalidArgument: the server sent something that is no reply, or sent it out of turn.
class Dialogue {
 public:
  Dialogue(Alarms& alarms, std::unique_ptr<Stream> stream);

  // Where to take down what is said from now on; null: nowhere. Must outlive its use.
  void SetTranscript(Transcript* transcript) { transcript_ = transcript; }
  Transcript* transcript() const { return transcript_; }

  // Waits for one whole reply, `timeout` for all of it.
  asio::awaitable<absl::StatusOr<Reply>> Receive(absl::Duration timeout);

  // A reply that came before it was asked for. To be looked for before each command: an answer
  // already here cannot belong to what has not been said yet. After Send has failed, the server's
  // last word. InvalidArgument: half a reply.
  absl::StatusOr<std::optional<Reply>> TakeUnsolicited();

  // Writes command lines, which must live until the call ends. `timeout` covers progress.
  asio::awaitable<absl::Status> Send(absl::string_view lines, absl::Duration timeout);
  // The same for a piece of the message, which is not taken down.
  asio::awaitable<absl::Status> SendContent(absl::string_view bytes, absl::Duration timeout);

  // Throws away what was received in clear (RFC 3207 §4.2), then does a handshake. Returns version
  // and cipher. FailedPrecondition: the handshake failed or the certificate does not verify.
  asio::awaitable<absl::StatusOr<std::string>> StartTls(TlsParameters parameters,
                                                        absl::Duration timeout);

  // Closes at once; a call under way fails with Unavailable.
  void Close();

  // Closes the connection unless it is destroyed within `limit`; what is under way then fails with
  // DeadlineExceeded.
  class Deadline {
   public:
    Deadline(Dialogue& dialogue, absl::Duration limit);
    ~Deadline();
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

   private:
    Alarms& alarms_;
    Alarms::Id id_;
  };

 private:
  asio::awaitable<absl::Status> Write(absl::string_view bytes, absl::Duration timeout);
  // The parser's next reply, taken down.
  absl::StatusOr<std::optional<Reply>> NextReply();
  // Reads what a server that has hung up said before it did.
  asio::awaitable<void> ReadLastWord();
  // Closes, and says what ended the dialogue first.
  absl::Status End(absl::Status why);

  Alarms& alarms_;
  std::unique_ptr<Stream> stream_;
  ReplyParser parser_;
  Transcript* transcript_ = nullptr;
  bool expired_ = false;
  bool closed_ = false;
};

}  // namespace mailstrom::delivery::smtp

#endif  // MAILSTROM_DELIVERY_SMTP_DIALOGUE_H_
