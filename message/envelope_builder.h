#ifndef MAILSTROM_MESSAGE_ENVELOPE_BUILDER_H_
#define MAILSTROM_MESSAGE_ENVELOPE_BUILDER_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "message/address.h"
#include "message/content.h"
#include "message/message.h"

namespace mailstrom::message {

// Gathers the envelope that a message's header fields ask for. Addresses that ParseAddrSpec
// refuses are left out: they are somebody else's to report.
class EnvelopeBuilder {
 public:
  // The reverse-path is Sender's, else the only mailbox of From, else null.
  void SetOriginators(const std::vector<Address>& from, const Mailbox* sender);

  // Adds the mailboxes of a To, Cc or Bcc field, those of groups included. Of equal ones (same
  // local-part, same domain but for case) the first stays.
  void AddRecipients(const std::vector<Address>& addresses);

  Envelope Build() && { return std::move(envelope_); }

 private:
  void AddRecipient(const Mailbox& mailbox);

  Envelope envelope_;
  absl::flat_hash_set<std::string> seen_;
};

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_ENVELOPE_BUILDER_H_
