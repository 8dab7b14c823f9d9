#include "delivery/reply_policy.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "delivery/retry_hint.h"

namespace mailstrom::delivery {
namespace {

using smtp::Failure;
using smtp::RecipientResult;
using storage::FailureCause;
using storage::Phase;
using Kind = Verdict::Kind;
using Next = Verdict::Next;
using SiteEffect = Verdict::SiteEffect;

Verdict Delivered() { return {.kind = Kind::kDelivered, .site_effect = SiteEffect::kAlive}; }

Verdict Deferred(Next next, SiteEffect effect, std::string enhanced_code = "") {
  return {.kind = Kind::kDeferred,
          .next = next,
          .site_effect = effect,
          .enhanced_code = std::move(enhanced_code)};
}

Verdict Failed(FailureCause cause, SiteEffect effect, std::string enhanced_code = "") {
  return {.kind = Kind::kFailed,
          .site_effect = effect,
          .cause = cause,
          .enhanced_code = std::move(enhanced_code)};
}

bool IsTransient(int code) { return code >= 400 && code < 500; }
bool IsPermanent(int code) { return code >= 500 && code < 600; }

// The message does not fit this server, rather than being unwelcome.
bool SaysUnsupported(const smtp::Reply& reply, Phase phase) {
  const std::string& enhanced = reply.enhanced_code;
  if (enhanced == "5.3.4" || enhanced == "5.6.3" || enhanced == "5.6.7") return true;
  return reply.code == 552 && enhanced.empty() && phase == Phase::kMail;
}

bool WantsEncryption(const smtp::Reply& reply) {
  return reply.code == 530 || reply.enhanced_code == "5.7.10";
}

// RFC 5321 §4.5.3.1.10 gives 452 for too many recipients and wants 552, which RFC 821 had, to be
// read the same way.
bool SaysTooManyRecipients(const smtp::Reply& reply, Phase phase) {
  return phase == Phase::kRcpt && ((reply.code == 452 && reply.enhanced_code == "4.5.3") ||
                                   (reply.code == 552 && (reply.enhanced_code == "5.5.3" ||
                                                          reply.enhanced_code == "4.5.3")));
}

// Anything but a request to come back in the next transaction.
bool IsAnswer(const RecipientResult& result) {
  if (result.kind == RecipientResult::Kind::kUntried) return false;
  return result.kind != RecipientResult::Kind::kFailed || !result.failure.reply ||
         !SaysTooManyRecipients(*result.failure.reply, result.failure.phase);
}

Verdict JudgeTransientReply(const smtp::Reply& reply, Phase phase) {
  // 421 closes the connection, so what was not answered may be tried elsewhere at once. After DATA
  // it is an answer about the message.
  if (reply.code == 421 && phase != Phase::kData) {
    return Deferred(Next::kNextAddress, SiteEffect::kBusy);
  }
  const bool busy = reply.code == 421 || absl::StartsWith(reply.enhanced_code, "4.7.");
  Verdict verdict = Deferred(Next::kStop, busy ? SiteEffect::kBusy : SiteEffect::kAlive);
  verdict.patience = FindRetryHint(absl::StrJoin(reply.lines, "\n")).value_or(absl::ZeroDuration());
  return verdict;
}

// What the site's rules make of it.
Verdict WithReplyRules(Verdict verdict, const smtp::Reply& reply, const Situation& situation) {
  if (situation.reply_rules == nullptr) return verdict;
  const ReplyRule* rule = FindReplyRule(*situation.reply_rules, reply);
  if (rule == nullptr) return verdict;
  switch (rule->action) {
    case ReplyRule::Action::kSlowDown:
      verdict.site_effect = SiteEffect::kBusy;
      break;
    case ReplyRule::Action::kSuspend:
      verdict.site_effect = SiteEffect::kBusy;
      verdict.suspend_site = rule->suspend_for;
      break;
    case ReplyRule::Action::kPermanent:
      return Failed(FailureCause::kRejected, SiteEffect::kAlive);
    case ReplyRule::Action::kTemporary:
      return Deferred(Next::kStop, SiteEffect::kAlive);
  }
  return verdict;
}

// The answer to MAIL, RCPT, DATA or the message, by the book.
Verdict JudgePlainReply(const smtp::Reply& reply, Phase phase, const Situation& situation) {
  if (SaysTooManyRecipients(reply, phase)) {
    return Deferred(situation.progress ? Next::kNewTransaction : Next::kStop, SiteEffect::kAlive);
  }
  if (IsTransient(reply.code)) return JudgeTransientReply(reply, phase);
  if (!IsPermanent(reply.code)) {
    return Deferred(Next::kNextAddress, SiteEffect::kUnreachable, "4.5.0");
  }
  // It is our fallback that is refused, not the recipient.
  if (situation.fell_back_to_clear && WantsEncryption(reply)) {
    return Deferred(Next::kNextAddress, SiteEffect::kUnreachable, "4.7.10");
  }
  const FailureCause cause =
      SaysUnsupported(reply, phase) ? FailureCause::kUnsupported : FailureCause::kRejected;
  return Failed(cause, SiteEffect::kAlive);
}

Verdict JudgeReply(const smtp::Reply& reply, Phase phase, const Situation& situation) {
  return WithReplyRules(JudgePlainReply(reply, phase, situation), reply, situation);
}

// The session broke before the recipient was answered for.
Verdict JudgeBroken(const Failure& failure, const Situation& situation) {
  switch (failure.kind) {
    case Failure::Kind::kConnection:
      return Deferred(Next::kNextAddress, SiteEffect::kUnreachable, "4.4.2");
    case Failure::Kind::kTimeout:
      return Deferred(Next::kNextAddress, SiteEffect::kUnreachable, "4.4.2");
    case Failure::Kind::kProtocol:
      return Deferred(Next::kNextAddress, SiteEffect::kUnreachable, "4.5.0");
    case Failure::Kind::kTls:
      return Deferred(situation.clear_allowed ? Next::kInClear : Next::kNextAddress,
                      situation.clear_allowed ? SiteEffect::kNone : SiteEffect::kUnreachable,
                      "4.7.5");
    case Failure::Kind::kUnsupported:
      return Failed(FailureCause::kUnsupported, SiteEffect::kAlive,
                    failure.enhanced_code.empty() ? "5.3.3" : failure.enhanced_code);
    case Failure::Kind::kReply:
      // Whatever it was, it did not answer for the recipient.
      return Deferred(Next::kNextAddress, SiteEffect::kBusy);
  }
  return Deferred(Next::kStop, SiteEffect::kNone);
}

}  // namespace

Verdict JudgeRoute(MxRoute::Kind kind) {
  switch (kind) {
    case MxRoute::Kind::kNoSuchDomain:
      return Failed(FailureCause::kBadDomain, SiteEffect::kNone, "5.1.2");
    case MxRoute::Kind::kNoMail:
      return Failed(FailureCause::kBadDomain, SiteEffect::kNone, "5.1.10");
    case MxRoute::Kind::kNoHost:
      return Failed(FailureCause::kBadDomain, SiteEffect::kNone, "5.4.4");
    case MxRoute::Kind::kLoop:
      return Failed(FailureCause::kBadDomain, SiteEffect::kNone, "5.4.6");
    case MxRoute::Kind::kUntrusted:
      return Deferred(Next::kStop, SiteEffect::kNone, "4.7.5");
    case MxRoute::Kind::kTemporary:
    case MxRoute::Kind::kHosts:
      break;
  }
  return Deferred(Next::kStop, SiteEffect::kNone, "4.4.3");
}

Verdict JudgeCutOff() { return Deferred(Next::kStop, SiteEffect::kUnreachable, "4.4.7"); }

Verdict JudgeSuspendedSite() { return Deferred(Next::kStop, SiteEffect::kNone, "4.4.1"); }

Verdict JudgeMalformedAddress() {
  return Failed(FailureCause::kBadDomain, SiteEffect::kNone, "5.1.3");
}

Verdict JudgeAddressLookup(const absl::Status& status) {
  if (!status.ok()) return Deferred(Next::kNextAddress, SiteEffect::kNone, "4.4.3");
  Verdict verdict = Failed(FailureCause::kBadDomain, SiteEffect::kNone, "5.4.4");
  verdict.next = Next::kNextAddress;
  return verdict;
}

Verdict JudgeDaneLookup() { return Deferred(Next::kNextAddress, SiteEffect::kNone, "4.7.5"); }

Verdict JudgeForbiddenAddress() {
  Verdict verdict = Failed(FailureCause::kSuppressed, SiteEffect::kNone, "5.7.1");
  verdict.next = Next::kNextAddress;
  return verdict;
}

Verdict JudgeNoSource() { return Deferred(Next::kNextAddress, SiteEffect::kNone, "4.3.5"); }

Verdict JudgeConnect(const absl::Status& status) {
  // The fault is ours, so the site must not be taken for dead.
  if (absl::IsFailedPrecondition(status)) return JudgeNoSource();
  return Deferred(Next::kNextAddress, SiteEffect::kUnreachable, "4.4.1");
}

Verdict JudgeOpen(const Failure& failure, const Situation& situation) {
  if (failure.kind == Failure::Kind::kReply && failure.reply) {
    // A greeting or EHLO that refuses says nothing about any recipient, even as 5yz. Only a clear
    // request for patience is told apart.
    const int code = failure.reply->code;
    Verdict verdict = Deferred(Next::kNextAddress, code == 421         ? SiteEffect::kFull
                                                   : IsTransient(code) ? SiteEffect::kBusy
                                                                       : SiteEffect::kUnreachable);
    verdict.untouched = code == 421;
    // Rules may slow down or suspend here, but not speak for recipients.
    verdict.suspend_site = WithReplyRules(verdict, *failure.reply, situation).suspend_site;
    return verdict;
  }
  Verdict verdict = JudgeBroken(failure, situation);
  if (failure.kind == Failure::Kind::kUnsupported) {
    return Deferred(Next::kNextAddress, SiteEffect::kUnreachable, "4.5.0");
  }
  return verdict;
}

Verdict JudgeRecipient(const RecipientResult& result, const std::optional<Failure>& session_failure,
                       const Situation& situation) {
  switch (result.kind) {
    case RecipientResult::Kind::kDelivered:
      return Delivered();
    case RecipientResult::Kind::kInDoubt: {
      // The peer may have the message. Defer anyway, for a duplicate can be forgiven and a loss
      // cannot; but the next host could only make the duplicate certain.
      Verdict verdict = Deferred(Next::kStop, SiteEffect::kUnreachable, "4.4.2");
      verdict.in_doubt = true;
      return verdict;
    }
    case RecipientResult::Kind::kFailed:
      if (result.failure.kind == Failure::Kind::kReply && result.failure.reply) {
        return JudgeReply(*result.failure.reply, result.failure.phase, situation);
      }
      return JudgeBroken(result.failure, situation);
    case RecipientResult::Kind::kUntried:
      break;
  }
  if (session_failure) {
    Verdict verdict = JudgeBroken(*session_failure, situation);
    if (session_failure->reply) {
      verdict.suspend_site =
          WithReplyRules(verdict, *session_failure->reply, situation).suspend_site;
    }
    return verdict;
  }
  // Too many recipients for one transaction. One that takes none at all would go on for ever.
  return Deferred(situation.progress ? Next::kNewTransaction : Next::kStop, SiteEffect::kAlive);
}

std::vector<Verdict> JudgeTransaction(const smtp::TransactionResult& result, Situation situation) {
  situation.progress = std::any_of(result.recipients.begin(), result.recipients.end(), IsAnswer);
  std::vector<Verdict> verdicts;
  verdicts.reserve(result.recipients.size());
  for (const RecipientResult& recipient : result.recipients) {
    verdicts.push_back(JudgeRecipient(recipient, result.session_failure, situation));
  }
  return verdicts;
}

bool Supersedes(const Verdict& later, const Verdict& earlier) {
  if (earlier.untouched) return later.untouched;
  return later.kind != Kind::kFailed || earlier.kind == Kind::kFailed;
}

}  // namespace mailstrom::delivery
