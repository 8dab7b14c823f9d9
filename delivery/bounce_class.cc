#include "delivery/bounce_class.h"

#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace mailstrom::delivery {
namespace {

using storage::Phase;

struct Rule {
  absl::string_view pattern;
  BounceClass bounce_class;
};

// Subject and detail of enhanced codes (RFC 3463 and the IANA registry) that leave no doubt.
constexpr Rule kEnhancedCodes[] = {
    {"1.1", BounceClass::kBadMailbox},
    {"1.2", BounceClass::kBadDomain},
    {"1.3", BounceClass::kBadMailbox},
    {"1.4", BounceClass::kBadMailbox},
    {"1.6", BounceClass::kBadMailbox},
    {"1.9", BounceClass::kUnsupported},
    {"1.10", BounceClass::kBadDomain},
    {"2.1", BounceClass::kInactiveMailbox},
    {"2.2", BounceClass::kMailboxFull},
    {"2.3", BounceClass::kSize},
    {"3.1", BounceClass::kSystem},
    {"3.3", BounceClass::kUnsupported},
    {"3.4", BounceClass::kSize},
    {"3.5", BounceClass::kConfiguration},
    {"4.1", BounceClass::kConnection},
    {"4.2", BounceClass::kConnection},
    {"4.3", BounceClass::kDns},
    {"4.4", BounceClass::kBadDomain},
    {"4.6", BounceClass::kConfiguration},
    {"4.7", BounceClass::kConnection},
    {"5.3", BounceClass::kRate},
    {"6.1", BounceClass::kUnsupported},
    {"6.3", BounceClass::kUnsupported},
    {"6.7", BounceClass::kUnsupported},
    {"6.8", BounceClass::kUnsupported},
    {"6.9", BounceClass::kUnsupported},
    {"7.8", BounceClass::kConfiguration},
    {"7.9", BounceClass::kConfiguration},
    {"7.10", BounceClass::kConfiguration},
    {"7.11", BounceClass::kConfiguration},
    {"7.13", BounceClass::kInactiveMailbox},
    {"7.17", BounceClass::kBadMailbox},
    {"7.20", BounceClass::kAuthentication},
    {"7.21", BounceClass::kAuthentication},
    {"7.22", BounceClass::kAuthentication},
    {"7.23", BounceClass::kAuthentication},
    {"7.24", BounceClass::kAuthentication},
    {"7.25", BounceClass::kConfiguration},
    {"7.26", BounceClass::kAuthentication},
    {"7.27", BounceClass::kBadDomain},
    {"7.28", BounceClass::kRate},
};

// What servers write, in lower case. The first that fits counts, so the more telling ones stand
// first.
constexpr Rule kPhrases[] = {
    {"greylist", BounceClass::kGreylisting},
    {"graylist", BounceClass::kGreylisting},
    {"dmarc", BounceClass::kAuthentication},
    {"dkim", BounceClass::kAuthentication},
    {"spf ", BounceClass::kAuthentication},
    {"spf:", BounceClass::kAuthentication},
    {"sender policy framework", BounceClass::kAuthentication},
    {"unauthenticated", BounceClass::kAuthentication},
    {"reverse dns", BounceClass::kConfiguration},
    {"ptr record", BounceClass::kConfiguration},
    {"helo command rejected", BounceClass::kConfiguration},
    {"relay access denied", BounceClass::kConfiguration},
    {"relaying denied", BounceClass::kConfiguration},
    {"unable to relay", BounceClass::kConfiguration},
    {"not permitted to relay", BounceClass::kConfiguration},
    {"starttls", BounceClass::kConfiguration},
    {"authentication required", BounceClass::kConfiguration},
    {"blacklist", BounceClass::kReputation},
    {"blocklist", BounceClass::kReputation},
    {"block list", BounceClass::kReputation},
    {"denylist", BounceClass::kReputation},
    {"dnsbl", BounceClass::kReputation},
    {"spamhaus", BounceClass::kReputation},
    {"barracudacentral", BounceClass::kReputation},
    {"spamcop", BounceClass::kReputation},
    {"reputation", BounceClass::kReputation},
    {"blocked using", BounceClass::kReputation},
    {"client host rejected", BounceClass::kReputation},
    {"rate limit", BounceClass::kRate},
    {"ratelimit", BounceClass::kRate},
    {"rate that", BounceClass::kRate},
    {"throttl", BounceClass::kRate},
    {"too many", BounceClass::kRate},
    {"too fast", BounceClass::kRate},
    {"too frequent", BounceClass::kRate},
    {"quota", BounceClass::kMailboxFull},
    {"mailbox full", BounceClass::kMailboxFull},
    {"mailbox is full", BounceClass::kMailboxFull},
    {"inbox is full", BounceClass::kMailboxFull},
    {"out of storage", BounceClass::kMailboxFull},
    {"too large", BounceClass::kSize},
    {"too big", BounceClass::kSize},
    {"message size", BounceClass::kSize},
    {"virus", BounceClass::kContent},
    {"malware", BounceClass::kContent},
    {"phishing", BounceClass::kContent},
    {"spam", BounceClass::kContent},
    {"unsolicited", BounceClass::kContent},
    {"junk", BounceClass::kContent},
    {"message content", BounceClass::kContent},
    {"content rejected", BounceClass::kContent},
    {"account is disabled", BounceClass::kInactiveMailbox},
    {"account disabled", BounceClass::kInactiveMailbox},
    {"mailbox disabled", BounceClass::kInactiveMailbox},
    {"deactivated", BounceClass::kInactiveMailbox},
    {"inactive", BounceClass::kInactiveMailbox},
    {"suspended", BounceClass::kInactiveMailbox},
    {"user unknown", BounceClass::kBadMailbox},
    {"unknown user", BounceClass::kBadMailbox},
    {"unknown recipient", BounceClass::kBadMailbox},
    {"recipient unknown", BounceClass::kBadMailbox},
    {"no such user", BounceClass::kBadMailbox},
    {"no such mailbox", BounceClass::kBadMailbox},
    {"no such recipient", BounceClass::kBadMailbox},
    {"no such address", BounceClass::kBadMailbox},
    {"no mailbox", BounceClass::kBadMailbox},
    {"invalid recipient", BounceClass::kBadMailbox},
    {"invalid mailbox", BounceClass::kBadMailbox},
    {"mailbox not found", BounceClass::kBadMailbox},
    {"recipient not found", BounceClass::kBadMailbox},
    {"does not exist", BounceClass::kBadMailbox},
    {"doesn't exist", BounceClass::kBadMailbox},
    {"mailbox unavailable", BounceClass::kBadMailbox},
    {"address rejected", BounceClass::kBadMailbox},
    {"policy", BounceClass::kPolicy},
    {"not authorized", BounceClass::kPolicy},
    {"access denied", BounceClass::kPolicy},
    {"prohibited", BounceClass::kPolicy},
};

std::optional<BounceClass> FromEnhancedCode(absl::string_view enhanced_code) {
  if (enhanced_code.size() < 3) return std::nullopt;
  for (const Rule& rule : kEnhancedCodes) {
    if (enhanced_code.substr(2) == rule.pattern) return rule.bounce_class;
  }
  return std::nullopt;
}

std::optional<BounceClass> FromText(absl::string_view text) {
  const std::string lower = absl::AsciiStrToLower(text);
  for (const Rule& rule : kPhrases) {
    if (absl::StrContains(lower, rule.pattern)) return rule.bounce_class;
  }
  return std::nullopt;
}

// By RFC 5321 §4.2.2 and the step that met the code.
BounceClass FromCode(const storage::Reply& reply, Phase phase) {
  if (reply.enhanced_code.find(".7.") == 1) return BounceClass::kPolicy;
  switch (reply.code) {
    case 421:
    case 450:
    case 451:
    case 452:
    case 454:
      return BounceClass::kSystem;
    case 530:
    case 534:
    case 535:
    case 538:
      return BounceClass::kConfiguration;
    case 550:
    case 551:
    case 553:
      return phase == Phase::kRcpt ? BounceClass::kBadMailbox : BounceClass::kPolicy;
    case 552:
      return phase == Phase::kRcpt ? BounceClass::kMailboxFull : BounceClass::kSize;
    case 521:
    case 556:
      return BounceClass::kBadDomain;
    case 554:
      return BounceClass::kPolicy;
    default:
      return BounceClass::kOther;
  }
}

BounceClass FromPhase(Phase phase) {
  switch (phase) {
    case Phase::kDns:
      return BounceClass::kDns;
    case Phase::kTls:
    case Phase::kAuth:
      return BounceClass::kConfiguration;
    case Phase::kNone:
      return BounceClass::kOther;
    default:
      return BounceClass::kConnection;
  }
}

}  // namespace

BounceClass ClassifyBounce(const storage::Attempt& attempt) {
  if (!attempt.reply) {
    // The description of our own findings begins with their enhanced code.
    const absl::string_view description = attempt.description;
    const absl::string_view code = description.substr(0, description.find(' '));
    if (const std::optional<BounceClass> plain = FromEnhancedCode(code)) return *plain;
    return code.find(".7.1") == 1 ? BounceClass::kPolicy : FromPhase(attempt.phase);
  }
  const storage::Reply& reply = *attempt.reply;
  if (reply.code >= 200 && reply.code < 300) return BounceClass::kNone;
  const std::optional<BounceClass> said = FromText(reply.text);
  // Greylisting and limits hide behind codes that were made for other things.
  if (said == BounceClass::kGreylisting || said == BounceClass::kRate) return *said;
  if (const std::optional<BounceClass> plain = FromEnhancedCode(reply.enhanced_code)) return *plain;
  return said.value_or(FromCode(reply, attempt.phase));
}

const char* BounceClassName(BounceClass bounce_class) {
  switch (bounce_class) {
    case BounceClass::kNone:
      return "none";
    case BounceClass::kBadMailbox:
      return "bad_mailbox";
    case BounceClass::kInactiveMailbox:
      return "inactive_mailbox";
    case BounceClass::kMailboxFull:
      return "mailbox_full";
    case BounceClass::kBadDomain:
      return "bad_domain";
    case BounceClass::kReputation:
      return "reputation";
    case BounceClass::kAuthentication:
      return "authentication";
    case BounceClass::kContent:
      return "content";
    case BounceClass::kPolicy:
      return "policy";
    case BounceClass::kRate:
      return "rate";
    case BounceClass::kGreylisting:
      return "greylisting";
    case BounceClass::kSize:
      return "size";
    case BounceClass::kUnsupported:
      return "unsupported";
    case BounceClass::kConfiguration:
      return "configuration";
    case BounceClass::kConnection:
      return "connection";
    case BounceClass::kDns:
      return "dns";
    case BounceClass::kSystem:
      return "system";
    case BounceClass::kOther:
      break;
  }
  return "other";
}

}  // namespace mailstrom::delivery
