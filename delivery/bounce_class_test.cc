#include "delivery/bounce_class.h"

#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

using storage::Phase;

TEST(BounceClassTest, RepliesOfServers) {
  struct Case {
    Phase phase;
    int code;
    std::string enhanced_code;
    std::string text;
    std::string want;
  };
  for (const Case& c : std::vector<Case>{
           {Phase::kData, 250, "2.0.0", "Ok: queued", "none"},
           // The enhanced code is plain.
           {Phase::kRcpt, 550, "5.1.1", "rejected", "bad_mailbox"},
           {Phase::kRcpt, 550, "5.2.1", "", "inactive_mailbox"},
           {Phase::kRcpt, 452, "4.2.2", "", "mailbox_full"},
           {Phase::kMail, 552, "5.3.4", "", "size"},
           {Phase::kRcpt, 550, "5.1.2", "", "bad_domain"},
           {Phase::kData, 550, "5.7.26", "This mail is not allowed", "authentication"},
           {Phase::kMail, 550, "5.7.25", "no name for your address", "configuration"},
           {Phase::kRcpt, 553, "5.6.7", "", "unsupported"},
           // The text says more than a general code.
           {Phase::kRcpt, 554, "5.7.1",
            "Service unavailable; Client host [192.0.2.1] blocked using "
            "zen.spamhaus.org",
            "reputation"},
           {Phase::kData, 554, "5.7.1", "Spam message rejected", "content"},
           {Phase::kRcpt, 454, "4.7.1", "Relay access denied", "configuration"},
           {Phase::kRcpt, 450, "4.2.0", "Recipient address rejected: Greylisted", "greylisting"},
           {Phase::kMail, 421, "4.7.0", "Too many connections from your host", "rate"},
           {Phase::kMail, 421, "4.7.28", "unusual rate of mail", "rate"},
           {Phase::kData, 550, "5.7.1", "DMARC policy of the sender's domain", "authentication"},
           {Phase::kMail, 550, "", "SPF check failed", "authentication"},
           {Phase::kRcpt, 550, "", "No such user here", "bad_mailbox"},
           {Phase::kRcpt, 550, "", "Mailbox is over quota", "mailbox_full"},
           {Phase::kRcpt, 550, "5.7.1", "Your access is refused", "policy"},
           // Nothing but the code.
           {Phase::kRcpt, 550, "", "", "bad_mailbox"},
           {Phase::kMail, 550, "", "", "policy"},
           {Phase::kRcpt, 552, "", "", "mailbox_full"},
           {Phase::kData, 552, "", "", "size"},
           {Phase::kRcpt, 556, "", "", "bad_domain"},
           {Phase::kMail, 530, "", "", "configuration"},
           {Phase::kData, 451, "", "", "system"},
           {Phase::kData, 500, "", "", "other"}}) {
    storage::Attempt attempt;
    attempt.phase = c.phase;
    attempt.reply = storage::Reply{c.code, c.enhanced_code, c.text};
    EXPECT_EQ(BounceClassName(ClassifyBounce(attempt)), c.want)
        << c.code << " " << c.enhanced_code << " " << c.text;
  }
}

TEST(BounceClassTest, OurOwnFindings) {
  struct Case {
    Phase phase;
    std::string description;
    std::string want;
  };
  for (const Case& c : std::vector<Case>{{Phase::kDns, "5.1.2 no such domain", "bad_domain"},
                                         {Phase::kDns, "5.1.10 null MX", "bad_domain"},
                                         {Phase::kDns, "4.4.3 no answer", "dns"},
                                         {Phase::kDns, "5.7.1 forbidden", "policy"},
                                         {Phase::kConnect, "4.4.1 refused", "connection"},
                                         {Phase::kMail, "5.3.3 no SMTPUTF8", "unsupported"},
                                         {Phase::kTls, "4.7.5 handshake failed", "configuration"},
                                         {Phase::kData, "timed out", "connection"},
                                         {Phase::kNone, "", "other"}}) {
    storage::Attempt attempt;
    attempt.phase = c.phase;
    attempt.description = c.description;
    EXPECT_EQ(BounceClassName(ClassifyBounce(attempt)), c.want) << c.description;
  }
}

TEST(BounceClassTest, NamesDiffer) {
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(BounceClass::kOther); ++i) {
    names.insert(BounceClassName(static_cast<BounceClass>(i)));
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(BounceClass::kOther) + 1);
}

}  // namespace
}  // namespace mailstrom::delivery
