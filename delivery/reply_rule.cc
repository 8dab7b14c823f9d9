#include "delivery/reply_rule.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"

namespace mailstrom::delivery {

const ReplyRule* FindReplyRule(const std::vector<ReplyRule>& rules, const smtp::Reply& reply) {
  if (rules.empty()) return nullptr;
  // A phrase may run over a line's end.
  const std::string text = absl::AsciiStrToLower(absl::StrJoin(reply.lines, " "));
  for (const ReplyRule& rule : rules) {
    if (reply.code < rule.first_code || reply.code > rule.last_code) continue;
    if (!absl::StartsWith(reply.enhanced_code, rule.enhanced_code_prefix)) continue;
    if (!absl::StrContains(text, absl::AsciiStrToLower(rule.text))) continue;
    return &rule;
  }
  return nullptr;
}

}  // namespace mailstrom::delivery
