#include "delivery/attempt_record.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "delivery/printable_text.h"

namespace mailstrom::delivery {
namespace {

constexpr size_t kMaxTextBytes = 1024;
}  // namespace

storage::Reply ToStoredReply(const smtp::Reply& reply) {
  storage::Reply stored;
  stored.code = reply.code;
  stored.enhanced_code = reply.enhanced_code;
  for (size_t i = 0; i < reply.lines.size(); ++i) {
    if (i > 0) {
      if (stored.text.size() + 1 > kMaxTextBytes) break;
      stored.text.push_back('\n');
    }
    if (!AppendPrintable(reply.lines[i], kMaxTextBytes, stored.text)) break;
  }
  return stored;
}

std::string Describe(const Verdict& verdict, absl::string_view reason) {
  std::string text;
  if (!verdict.enhanced_code.empty()) text = absl::StrCat(verdict.enhanced_code, " ");
  AppendPrintable(reason, kMaxTextBytes, text);
  return text;
}

}  // namespace mailstrom::delivery
