#ifndef MAILSTROM_DELIVERY_REPLY_RULE_H_
#define MAILSTROM_DELIVERY_REPLY_RULE_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "delivery/smtp/reply_parser.h"

namespace mailstrom::delivery {

// What to make of a refusal that a site words in its own way.
struct ReplyRule {
  enum class Action {
    kSlowDown,   // Fewer connections; else as usual.
    kSuspend,    // Leave the whole site alone for `suspend_for`; else as usual.
    kPermanent,  // Give up although the code says try again.
    kTemporary,  // Try again although the code says give up.
  };
  // All that is set must fit. Codes from 400 to 599.
  int first_code = 400;
  int last_code = 599;
  // Beginning of the enhanced code, such as `4.7.`.
  std::string enhanced_code_prefix = "";
  // Part of the text, in any case.
  std::string text = "";

  Action action = Action::kSlowDown;
  absl::Duration suspend_for = absl::Minutes(5);
};

// The first rule that fits; null when none does.
const ReplyRule* FindReplyRule(const std::vector<ReplyRule>& rules, const smtp::Reply& reply);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_REPLY_RULE_H_
