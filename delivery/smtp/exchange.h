#ifndef MAILSTROM_DELIVERY_SMTP_EXCHANGE_H_
#define MAILSTROM_DELIVERY_SMTP_EXCHANGE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "asio/awaitable.hpp"
#include "delivery/smtp/block_source.h"
#include "delivery/smtp/capabilities.h"
#include "delivery/smtp/dialogue.h"
#include "delivery/smtp/timeouts.h"
#include "delivery/smtp/transaction.h"
#include "storage/records.h"

namespace mailstrom::delivery::smtp {

// The commands and replies of one transaction, from MAIL to the reply to the final dot. Used once.
class Exchange {
 public:
  // `dialogue`, `capabilities` and `timeouts` must outlive this.
  Exchange(Dialogue& dialogue, const Capabilities& capabilities, const Timeouts& timeouts,
           Transaction transaction);

  // `reset`: an earlier transaction was left unfinished, so RSET goes first.
  asio::awaitable<TransactionResult> Run(bool reset);

  // After Run, in a session that goes on: this transaction was left unfinished.
  bool unfinished() const { return unfinished_; }

 private:
  enum class Verb { kRset, kMail, kRcpt, kData };
  struct Command {
    Verb verb;
    // For kRcpt.
    size_t recipient = 0;
    std::string line;
  };
  // How far a recipient has got.
  enum class Stage {
    kOpen,      // Not answered for.
    kAccepted,  // RCPT was accepted.
    kTooMany,   // One too many for this transaction (RFC 5321 §4.5.3.1.10).
    kDecided,   // Its result stands.
  };

  // Puts 8-bit content into a form that a server without 8BITMIME takes, where that does no harm.
  void Convert8Bit();
  // Decides those that cannot be sent to this server.
  void FailObstacles();
  std::vector<Command> MakeCommands(bool reset) const;
  // The end of the group of commands from `begin` that may go out in one write.
  size_t GroupEnd(const std::vector<Command>& commands, size_t begin) const;
  // Nothing can come of `next` and what follows it.
  bool InVain(const Command& next) const;

  asio::awaitable<void> SendEnvelope(bool reset);
  // Sends a group in one write and takes its replies.
  asio::awaitable<void> SendGroup(const std::vector<Command>& commands, size_t begin, size_t end);
  // Ends the session if the server has said something unasked.
  void CheckSilence(storage::Phase phase);
  // What the server said before it hung up, after sending has failed.
  std::optional<Reply> LastWord();
  void TakeReply(const Command& command, const Reply& reply);
  void TakeMailReply(const Reply& reply);
  void TakeRcptReply(size_t recipient, const Reply& reply);
  void TakeDataReply(const Reply& reply);

  // After 354, or with BDAT. Sends the message, or a lone dot when nobody is to get it, and takes
  // the answer.
  asio::awaitable<void> SendContent();
  void NoteContent();
  // False: the session has ended.
  asio::awaitable<bool> SendBlocks(BlockSource& blocks);
  void TakeFinalReply(const Reply& reply);

  bool use_bdat() const { return capabilities_.chunking; }
  bool Any(Stage stage) const;
  // Decides all recipients in `stage`.
  void Decide(Stage stage, const RecipientResult& result);
  void EndSession(Failure failure);
  bool session_ended() const { return result_.session_failure.has_value(); }
  void SettleTooMany();

  Dialogue& dialogue_;
  const Capabilities& capabilities_;
  const Timeouts& timeouts_;
  Transaction transaction_;
  TransactionResult result_;
  // One per recipient.
  std::vector<Stage> stages_;
  bool mail_accepted_ = false;
  bool data_accepted_ = false;
  bool unfinished_ = false;
};

}  // namespace mailstrom::delivery::smtp

#endif  // MAILSTROM_DELIVERY_SMTP_EXCHANGE_H_
