#include "delivery/reply_policy.h"

#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

using smtp::Failure;
using smtp::RecipientResult;
using storage::FailureCause;
using storage::Phase;
using Kind = Verdict::Kind;
using Next = Verdict::Next;
using Effect = Verdict::SiteEffect;

Failure Refusal(Phase phase, int code, const std::string& enhanced_code) {
  Failure failure;
  failure.kind = Failure::Kind::kReply;
  failure.phase = phase;
  failure.reply = smtp::Reply{code, enhanced_code, {"text"}};
  return failure;
}

Failure Break(Failure::Kind kind, Phase phase) {
  Failure failure;
  failure.kind = kind;
  failure.phase = phase;
  return failure;
}

RecipientResult FailedBy(Failure failure) {
  RecipientResult result;
  result.kind = RecipientResult::Kind::kFailed;
  result.failure = std::move(failure);
  return result;
}

constexpr Situation kAlone = {};
constexpr Situation kProgress = {.progress = true};
constexpr Situation kFellBack = {.fell_back_to_clear = true};
constexpr Situation kTlsWanted = {.clear_allowed = false};

TEST(ReplyPolicyTest, RepliesByPhaseCodeAndSituation) {
  struct Case {
    Phase phase;
    int code;
    std::string enhanced_code;
    Situation situation;
    Kind kind;
    Next next;
    Effect effect;
    FailureCause cause;
  };
  const FailureCause none = FailureCause::kNone;
  const std::vector<Case> cases = {
      // Permanent refusals of the sender, the recipient and the message.
      {Phase::kMail, 550, "5.7.1", kAlone, Kind::kFailed, Next::kStop, Effect::kAlive,
       FailureCause::kRejected},
      {Phase::kMail, 553, "", kAlone, Kind::kFailed, Next::kStop, Effect::kAlive,
       FailureCause::kRejected},
      {Phase::kRcpt, 550, "5.1.1", kAlone, Kind::kFailed, Next::kStop, Effect::kAlive,
       FailureCause::kRejected},
      {Phase::kRcpt, 550, "", kProgress, Kind::kFailed, Next::kStop, Effect::kAlive,
       FailureCause::kRejected},
      {Phase::kData, 554, "5.7.1", kAlone, Kind::kFailed, Next::kStop, Effect::kAlive,
       FailureCause::kRejected},
      // The reply code governs, not the enhanced code.
      {Phase::kRcpt, 550, "4.2.1", kAlone, Kind::kFailed, Next::kStop, Effect::kAlive,
       FailureCause::kRejected},
      {Phase::kRcpt, 450, "5.1.1", kAlone, Kind::kDeferred, Next::kStop, Effect::kAlive, none},
      // Size and other features.
      {Phase::kMail, 552, "", kAlone, Kind::kFailed, Next::kStop, Effect::kAlive,
       FailureCause::kUnsupported},
      {Phase::kMail, 552, "5.3.4", kAlone, Kind::kFailed, Next::kStop, Effect::kAlive,
       FailureCause::kUnsupported},
      {Phase::kData, 552, "5.3.4", kAlone, Kind::kFailed, Next::kStop, Effect::kAlive,
       FailureCause::kUnsupported},
      {Phase::kRcpt, 552, "5.2.2", kAlone, Kind::kFailed, Next::kStop, Effect::kAlive,
       FailureCause::kRejected},
      {Phase::kData, 552, "", kAlone, Kind::kFailed, Next::kStop, Effect::kAlive,
       FailureCause::kRejected},
      {Phase::kRcpt, 553, "5.6.7", kAlone, Kind::kFailed, Next::kStop, Effect::kAlive,
       FailureCause::kUnsupported},
      {Phase::kData, 554, "5.6.3", kAlone, Kind::kFailed, Next::kStop, Effect::kAlive,
       FailureCause::kUnsupported},
      // Temporary refusals stay with this host: greylisting wants patience, not other hosts.
      {Phase::kRcpt, 450, "4.2.0", kAlone, Kind::kDeferred, Next::kStop, Effect::kAlive, none},
      {Phase::kRcpt, 451, "4.7.1", kAlone, Kind::kDeferred, Next::kStop, Effect::kBusy, none},
      {Phase::kMail, 451, "", kAlone, Kind::kDeferred, Next::kStop, Effect::kAlive, none},
      {Phase::kData, 451, "4.3.0", kAlone, Kind::kDeferred, Next::kStop, Effect::kAlive, none},
      {Phase::kMail, 452, "4.3.1", kAlone, Kind::kDeferred, Next::kStop, Effect::kAlive, none},
      // 421 before the message is about the connection, after it about the message.
      {Phase::kMail, 421, "4.7.0", kAlone, Kind::kDeferred, Next::kNextAddress, Effect::kBusy,
       none},
      {Phase::kRcpt, 421, "", kAlone, Kind::kDeferred, Next::kNextAddress, Effect::kBusy, none},
      {Phase::kData, 421, "", kAlone, Kind::kDeferred, Next::kStop, Effect::kBusy, none},
      // Too many recipients is no deferral as long as it goes on.
      {Phase::kRcpt, 452, "4.5.3", kProgress, Kind::kDeferred, Next::kNewTransaction,
       Effect::kAlive, none},
      {Phase::kRcpt, 552, "5.5.3", kProgress, Kind::kDeferred, Next::kNewTransaction,
       Effect::kAlive, none},
      {Phase::kRcpt, 452, "4.5.3", kAlone, Kind::kDeferred, Next::kStop, Effect::kAlive, none},
      {Phase::kData, 452, "4.5.3", kProgress, Kind::kDeferred, Next::kStop, Effect::kAlive, none},
      // A server that wants TLS refuses our fallback, not the recipient.
      {Phase::kMail, 530, "5.7.0", kFellBack, Kind::kDeferred, Next::kNextAddress,
       Effect::kUnreachable, none},
      {Phase::kRcpt, 550, "5.7.10", kFellBack, Kind::kDeferred, Next::kNextAddress,
       Effect::kUnreachable, none},
      {Phase::kMail, 530, "5.7.0", kAlone, Kind::kFailed, Next::kStop, Effect::kAlive,
       FailureCause::kRejected},
      // Out of place.
      {Phase::kMail, 354, "", kAlone, Kind::kDeferred, Next::kNextAddress, Effect::kUnreachable,
       none},
      {Phase::kRcpt, 220, "", kAlone, Kind::kDeferred, Next::kNextAddress, Effect::kUnreachable,
       none},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(testing::Message() << "phase " << static_cast<int>(c.phase) << " code " << c.code
                                    << " " << c.enhanced_code);
    const Verdict verdict = JudgeRecipient(FailedBy(Refusal(c.phase, c.code, c.enhanced_code)),
                                           std::nullopt, c.situation);
    EXPECT_EQ(verdict.kind, c.kind);
    EXPECT_EQ(verdict.next, c.next);
    EXPECT_EQ(verdict.site_effect, c.effect);
    EXPECT_EQ(verdict.cause, c.cause);
    EXPECT_FALSE(verdict.in_doubt);
  }
}

TEST(ReplyPolicyTest, EveryCodeIsDecidedByItsFirstDigit) {
  for (const Phase phase : {Phase::kMail, Phase::kRcpt, Phase::kData}) {
    for (int code = 400; code < 600; ++code) {
      const Verdict verdict =
          JudgeRecipient(FailedBy(Refusal(phase, code, "")), std::nullopt, kAlone);
      EXPECT_EQ(verdict.kind, code < 500 ? Kind::kDeferred : Kind::kFailed) << code;
      EXPECT_EQ(verdict.cause != FailureCause::kNone, code >= 500) << code;
    }
  }
}

TEST(ReplyPolicyTest, PatienceThatTheServerAsksFor) {
  Failure failure = Refusal(Phase::kRcpt, 450, "4.7.1");
  EXPECT_EQ(JudgeRecipient(FailedBy(failure), std::nullopt, kAlone).patience, absl::ZeroDuration());
  failure.reply->lines = {"greylisted,", "try again in 10 minutes"};
  EXPECT_EQ(JudgeRecipient(FailedBy(failure), std::nullopt, kAlone).patience, absl::Minutes(10));
  failure.reply->code = 550;
  EXPECT_EQ(JudgeRecipient(FailedBy(failure), std::nullopt, kAlone).patience, absl::ZeroDuration());
}

TEST(ReplyPolicyTest, RulesReadASitesOwnWording) {
  using Action = ReplyRule::Action;
  std::vector<ReplyRule> rules(4);
  rules[0].text = "slow";
  rules[0].action = Action::kSlowDown;
  rules[1].text = "leave";
  rules[1].action = Action::kSuspend;
  rules[1].suspend_for = absl::Hours(2);
  rules[2].text = "never";
  rules[2].action = Action::kPermanent;
  rules[3].text = "later";
  rules[3].action = Action::kTemporary;
  const Situation situation = {.reply_rules = &rules};
  const auto judge = [&](int code, const std::string& text) {
    Failure failure = Refusal(Phase::kRcpt, code, "");
    failure.reply->lines = {text};
    return JudgeRecipient(FailedBy(failure), std::nullopt, situation);
  };
  EXPECT_EQ(judge(450, "plain").site_effect, Effect::kAlive);
  EXPECT_EQ(judge(450, "Slow down").site_effect, Effect::kBusy);
  EXPECT_EQ(judge(550, "slow down").kind, Kind::kFailed);
  EXPECT_EQ(judge(450, "leave me alone").suspend_site, absl::Hours(2));
  EXPECT_EQ(judge(450, "never again").kind, Kind::kFailed);
  EXPECT_EQ(judge(450, "never again").cause, FailureCause::kRejected);
  EXPECT_EQ(judge(550, "later perhaps").kind, Kind::kDeferred);

  Failure greeting = Refusal(Phase::kHello, 554, "");
  greeting.reply->lines = {"leave, and never come back"};
  EXPECT_EQ(JudgeOpen(greeting, situation).suspend_site, absl::Hours(2));
  greeting.reply->lines = {"never come back"};
  EXPECT_EQ(JudgeOpen(greeting, situation).kind, Kind::kDeferred)
      << "a greeting says nothing of recipients";
}

TEST(ReplyPolicyTest, DeliveredIsDelivered) {
  RecipientResult result;
  result.kind = RecipientResult::Kind::kDelivered;
  const Verdict verdict =
      JudgeRecipient(result, Break(Failure::Kind::kConnection, Phase::kData), kAlone);
  EXPECT_EQ(verdict.kind, Kind::kDelivered);
  EXPECT_EQ(verdict.site_effect, Effect::kAlive);
}

TEST(ReplyPolicyTest, DoubtDefersWithoutTheNextHost) {
  RecipientResult result;
  result.kind = RecipientResult::Kind::kInDoubt;
  result.failure = Break(Failure::Kind::kTimeout, Phase::kData);
  const Verdict verdict = JudgeRecipient(result, result.failure, kAlone);
  EXPECT_EQ(verdict.kind, Kind::kDeferred);
  EXPECT_EQ(verdict.next, Next::kStop);
  EXPECT_TRUE(verdict.in_doubt);
}

TEST(ReplyPolicyTest, BrokenSessionsTryTheNextAddress) {
  for (const auto kind :
       {Failure::Kind::kConnection, Failure::Kind::kTimeout, Failure::Kind::kProtocol}) {
    for (const Phase phase : {Phase::kMail, Phase::kRcpt, Phase::kData}) {
      RecipientResult untried;
      const Verdict by_session = JudgeRecipient(untried, Break(kind, phase), kAlone);
      EXPECT_EQ(by_session.kind, Kind::kDeferred);
      EXPECT_EQ(by_session.next, Next::kNextAddress);
      EXPECT_EQ(by_session.site_effect, Effect::kUnreachable);
      const Verdict by_result = JudgeRecipient(FailedBy(Break(kind, phase)), std::nullopt, kAlone);
      EXPECT_EQ(by_result.next, Next::kNextAddress);
    }
  }
}

TEST(ReplyPolicyTest, UntouchedBy421) {
  RecipientResult untried;
  for (const Phase phase : {Phase::kMail, Phase::kRcpt, Phase::kData}) {
    const Verdict verdict = JudgeRecipient(untried, Refusal(phase, 421, "4.3.2"), kProgress);
    EXPECT_EQ(verdict.kind, Kind::kDeferred);
    EXPECT_EQ(verdict.next, Next::kNextAddress);
    EXPECT_EQ(verdict.site_effect, Effect::kBusy);
  }
}

TEST(ReplyPolicyTest, NoRoomOutweighsNoAnswer) {
  const Verdict full = JudgeOpen(Refusal(Phase::kConnect, 421, "4.3.2"), kAlone);
  const Verdict refused = JudgeConnect(absl::UnavailableError("refused"));
  EXPECT_TRUE(Supersedes(full, refused));
  EXPECT_FALSE(Supersedes(refused, full));
  EXPECT_TRUE(Supersedes(full, full));
  EXPECT_FALSE(refused.untouched);
}

TEST(ReplyPolicyTest, WithoutASourceTheSiteIsNotToBlame) {
  for (const Verdict& verdict :
       {JudgeNoSource(), JudgeConnect(absl::FailedPreconditionError("no such source"))}) {
    EXPECT_EQ(verdict.kind, Kind::kDeferred);
    EXPECT_EQ(verdict.next, Next::kNextAddress);
    EXPECT_EQ(verdict.site_effect, Effect::kNone);
    EXPECT_EQ(verdict.enhanced_code, "4.3.5");
  }
}

TEST(ReplyPolicyTest, UntriedGoesOnOnlyWithProgress) {
  RecipientResult untried;
  EXPECT_EQ(JudgeRecipient(untried, std::nullopt, kProgress).next, Next::kNewTransaction);
  EXPECT_EQ(JudgeRecipient(untried, std::nullopt, kAlone).next, Next::kStop);
  EXPECT_EQ(JudgeRecipient(untried, std::nullopt, kAlone).kind, Kind::kDeferred);
}

TEST(ReplyPolicyTest, MissingFeatureFails) {
  const Verdict verdict = JudgeRecipient(FailedBy(Break(Failure::Kind::kUnsupported, Phase::kMail)),
                                         std::nullopt, kAlone);
  EXPECT_EQ(verdict.kind, Kind::kFailed);
  EXPECT_EQ(verdict.cause, FailureCause::kUnsupported);
  EXPECT_EQ(verdict.enhanced_code, "5.3.3");

  Failure failure = Break(Failure::Kind::kUnsupported, Phase::kMail);
  failure.enhanced_code = "5.6.3";
  EXPECT_EQ(JudgeRecipient(FailedBy(failure), std::nullopt, kAlone).enhanced_code, "5.6.3");
}

TEST(ReplyPolicyTest, CutOffNeverFailsARecipient) {
  EXPECT_EQ(JudgeCutOff().kind, Kind::kDeferred);
  EXPECT_EQ(JudgeCutOff().next, Next::kStop);
}

TEST(ReplyPolicyTest, RefusedGreetingAndEhloSayNothingOfRecipients) {
  for (const Phase phase : {Phase::kConnect, Phase::kHello}) {
    for (const int code : {421, 450, 521, 550, 554}) {
      const Verdict verdict = JudgeOpen(Refusal(phase, code, ""), kAlone);
      EXPECT_EQ(verdict.kind, Kind::kDeferred) << code;
      EXPECT_EQ(verdict.next, Next::kNextAddress) << code;
      EXPECT_EQ(verdict.site_effect, code == 421   ? Effect::kFull
                                     : code == 450 ? Effect::kBusy
                                                   : Effect::kUnreachable)
          << code;
      EXPECT_EQ(verdict.untouched, code == 421) << code;
    }
  }
}

TEST(ReplyPolicyTest, BrokenTlsFallsBackOnlyWhereClearIsAllowed) {
  const Failure failure = Break(Failure::Kind::kTls, Phase::kTls);
  EXPECT_EQ(JudgeOpen(failure, kAlone).next, Next::kInClear);
  EXPECT_EQ(JudgeOpen(failure, kTlsWanted).next, Next::kNextAddress);
  EXPECT_EQ(JudgeOpen(failure, kTlsWanted).kind, Kind::kDeferred);
}

TEST(ReplyPolicyTest, OpeningNeverFailsARecipient) {
  for (const auto kind : {Failure::Kind::kConnection, Failure::Kind::kTimeout,
                          Failure::Kind::kProtocol, Failure::Kind::kUnsupported}) {
    const Verdict verdict = JudgeOpen(Break(kind, Phase::kHello), kAlone);
    EXPECT_EQ(verdict.kind, Kind::kDeferred);
    EXPECT_EQ(verdict.next, Next::kNextAddress);
  }
}

TEST(ReplyPolicyTest, Routes) {
  struct Case {
    MxRoute::Kind route;
    Kind kind;
    FailureCause cause;
    std::string enhanced_code;
  };
  for (const Case& c : std::vector<Case>{
           {MxRoute::Kind::kNoSuchDomain, Kind::kFailed, FailureCause::kBadDomain, "5.1.2"},
           {MxRoute::Kind::kNoMail, Kind::kFailed, FailureCause::kBadDomain, "5.1.10"},
           {MxRoute::Kind::kNoHost, Kind::kFailed, FailureCause::kBadDomain, "5.4.4"},
           {MxRoute::Kind::kLoop, Kind::kFailed, FailureCause::kBadDomain, "5.4.6"},
           {MxRoute::Kind::kTemporary, Kind::kDeferred, FailureCause::kNone, "4.4.3"}}) {
    const Verdict verdict = JudgeRoute(c.route);
    EXPECT_EQ(verdict.kind, c.kind) << c.enhanced_code;
    EXPECT_EQ(verdict.cause, c.cause) << c.enhanced_code;
    EXPECT_EQ(verdict.enhanced_code, c.enhanced_code);
    EXPECT_EQ(verdict.next, Next::kStop);
  }
}

TEST(ReplyPolicyTest, HostsThatCannotBeUsed) {
  const Verdict no_address = JudgeAddressLookup(absl::OkStatus());
  EXPECT_EQ(no_address.kind, Kind::kFailed);
  EXPECT_EQ(no_address.cause, FailureCause::kBadDomain);
  const Verdict no_answer = JudgeAddressLookup(absl::UnavailableError("SERVFAIL"));
  EXPECT_EQ(no_answer.kind, Kind::kDeferred);
  const Verdict forbidden = JudgeForbiddenAddress();
  EXPECT_EQ(forbidden.kind, Kind::kFailed);
  EXPECT_EQ(forbidden.cause, FailureCause::kSuppressed);
  const Verdict refused = JudgeConnect(absl::UnavailableError("refused"));
  EXPECT_EQ(refused.kind, Kind::kDeferred);
  EXPECT_EQ(JudgeSuspendedSite().kind, Kind::kDeferred);
  EXPECT_EQ(JudgeSuspendedSite().next, Next::kStop);
  EXPECT_EQ(JudgeMalformedAddress().kind, Kind::kFailed);
  for (const Verdict& verdict : {no_address, no_answer, forbidden, refused}) {
    EXPECT_EQ(verdict.next, Next::kNextAddress);
  }
}

TEST(ReplyPolicyTest, HostThatMayComeBackOutweighsOneThatCannot) {
  const Verdict no_address = JudgeAddressLookup(absl::OkStatus());
  const Verdict forbidden = JudgeForbiddenAddress();
  const Verdict refused = JudgeConnect(absl::UnavailableError("refused"));
  EXPECT_TRUE(Supersedes(refused, no_address));
  EXPECT_FALSE(Supersedes(no_address, refused));
  EXPECT_TRUE(Supersedes(forbidden, no_address));
  EXPECT_TRUE(Supersedes(refused, refused));
}

}  // namespace
}  // namespace mailstrom::delivery
