#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "delivery/smtp/capabilities.h"
#include "delivery/smtp/reply_parser.h"

namespace mailstrom::delivery::smtp {
namespace {

void Require(bool ok) {
  if (!ok) std::abort();
}

void CheckReply(const Reply& reply, const ReplyLimits& limits) {
  Require(reply.code >= 200 && reply.code <= 599);
  Require(!reply.lines.empty() && reply.lines.size() <= limits.line_count);
  size_t total = 0;
  for (const std::string& line : reply.lines) {
    Require(line.size() < limits.line_bytes && line.find('\n') == std::string::npos);
    total += line.size();
  }
  Require(total <= limits.total_bytes);
  Require(reply.enhanced_code.empty() || reply.enhanced_code[0] == '0' + reply.code / 100);
  Require(ParseCapabilities(reply).auth_mechanisms.size() <= 32);
}

// All replies in one string, with `!` for an error.
std::string ParseAll(absl::string_view bytes, size_t piece_bytes) {
  ReplyLimits limits;
  limits.line_bytes = 64;
  limits.line_count = 8;
  limits.total_bytes = 256;
  ReplyParser parser(limits);
  std::string all;
  while (!bytes.empty()) {
    parser.Feed(bytes.substr(0, piece_bytes));
    bytes.remove_prefix(std::min(bytes.size(), piece_bytes));
    while (true) {
      const absl::StatusOr<std::optional<Reply>> reply = parser.Next();
      if (!reply.ok()) return absl::StrCat(all, "!");
      if (!reply->has_value()) break;
      CheckReply(**reply, limits);
      absl::StrAppend(&all, (*reply)->code, "|", (*reply)->enhanced_code);
      for (const std::string& line : (*reply)->lines) absl::StrAppend(&all, "|", line);
      all += '\n';
    }
  }
  return all;
}

}  // namespace
}  // namespace mailstrom::delivery::smtp

// However the bytes are cut up, they mean the same, and no reply exceeds the limits.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using mailstrom::delivery::smtp::ParseAll;
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string whole = ParseAll(bytes, size + 1);
  for (const size_t piece_bytes : {size_t{1}, size_t{2}, size_t{7}, size_t{61}}) {
    if (ParseAll(bytes, piece_bytes) != whole) std::abort();
  }
  return 0;
}
