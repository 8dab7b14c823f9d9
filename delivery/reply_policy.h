#ifndef MAILSTROM_DELIVERY_REPLY_POLICY_H_
#define MAILSTROM_DELIVERY_REPLY_POLICY_H_

// The one place that decides what a reply or a failure means for a recipient. Pure.

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "delivery/dns/mx_resolver.h"
#include "delivery/reply_rule.h"
#include "delivery/smtp/transaction.h"
#include "storage/records.h"

namespace mailstrom::delivery {

// What becomes of a recipient.
struct Verdict {
  enum class Kind { kDelivered, kDeferred, kFailed };
  // What the attempt does next for this recipient. When it cannot, `kind` stands.
  enum class Next {
    kStop,
    kNewTransaction,  // Again on the same connection.
    kInClear,         // Again at the same address, without STARTTLS.
    kNextAddress,     // At the next address or host of the site.
  };
  // What it says of the site.
  enum class SiteEffect {
    kNone,
    kAlive,        // It answered in a normal way.
    kFull,         // It took no connection because it has enough of them (421).
    kBusy,         // It asked for less (421, 4.7.x) or was too slow.
    kUnreachable,  // It could not be spoken with.
  };

  Kind kind = Kind::kDeferred;
  Next next = Next::kStop;
  SiteEffect site_effect = SiteEffect::kNone;
  // Only for kFailed.
  storage::FailureCause cause = storage::FailureCause::kNone;
  // Only for kDeferred: the site was not ready to hear of the recipient, so this was no attempt.
  bool untouched = false;
  // Only for kDeferred: the message may have been delivered all the same.
  bool in_doubt = false;
  // Only for kDeferred: the server asked for at least so much patience.
  absl::Duration patience = absl::ZeroDuration();
  // A rule asks to leave the whole site alone for so long.
  absl::Duration suspend_site = absl::ZeroDuration();
  // RFC 3463 code of our own finding; empty where the server's reply speaks for itself.
  std::string enhanced_code = "";
};

// Under which circumstances a session ran.
struct Situation {
  // TLS was given up at this address although it was wanted, because it did not work.
  bool fell_back_to_clear = false;
  // TLS that is not available may be done without.
  bool clear_allowed = true;
  // Some recipient of the same transaction got an answer.
  bool progress = false;
  // How the site's own wording is to be read; may be null.
  const std::vector<ReplyRule>* reply_rules = nullptr;
};

// Anything but kHosts, which leaves nothing to decide.
Verdict JudgeRoute(MxRoute::Kind kind);

// An attempt that was cut off because it took too long, for a recipient without an answer.
Verdict JudgeCutOff();

// A site that is suspended, so that no attempt was made.
Verdict JudgeSuspendedSite();

// A forward-path that is no mail address.
Verdict JudgeMalformedAddress();

// A host whose addresses could not be found: Unavailable or, for a host without any, OK.
Verdict JudgeAddressLookup(const absl::Status& status);

// A host of which DNSSEC may ask for TLS, but DNS does not say.
Verdict JudgeDaneLookup();

// An address to which configuration forbids delivery.
Verdict JudgeForbiddenAddress();

// No address of this host can be used to connect from.
Verdict JudgeNoSource();

// No connection came about; FailedPrecondition: for want of a source address.
Verdict JudgeConnect(const absl::Status& status);

// The session could not be opened.
Verdict JudgeOpen(const smtp::Failure& failure, const Situation& situation);

// What came of one recipient of a transaction. `session_failure` as in TransactionResult.
Verdict JudgeRecipient(const smtp::RecipientResult& result,
                       const std::optional<smtp::Failure>& session_failure,
                       const Situation& situation);

// The same for all recipients of a transaction; finds out itself whether there was progress.
std::vector<Verdict> JudgeTransaction(const smtp::TransactionResult& result, Situation situation);

// Whether, when an attempt has run out of addresses, `later` speaks for it rather than `earlier`.
// A host that may come back outweighs one that can never be used, and one that only had no room
// outweighs one that did not answer; else the last word counts.
bool Supersedes(const Verdict& later, const Verdict& earlier);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_REPLY_POLICY_H_
