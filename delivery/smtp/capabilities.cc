#include "delivery/smtp/capabilities.h"

#include <cstddef>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace mailstrom::delivery::smtp {
namespace {

constexpr size_t kMaxMechanisms = 32;

void AddMechanisms(const std::vector<std::string>& words, Capabilities& capabilities) {
  for (size_t i = 1; i < words.size(); ++i) {
    if (capabilities.auth_mechanisms.size() >= kMaxMechanisms) return;
    if (absl::c_linear_search(capabilities.auth_mechanisms, words[i])) continue;
    capabilities.auth_mechanisms.push_back(words[i]);
  }
}

void AddSize(const std::vector<std::string>& words, Capabilities& capabilities) {
  capabilities.size = true;
  uint64_t limit = 0;
  if (words.size() > 1 && absl::SimpleAtoi(words[1], &limit)) capabilities.max_size_bytes = limit;
}

}  // namespace

Capabilities ParseCapabilities(const Reply& ehlo) {
  Capabilities capabilities;
  // The first line is the server's greeting.
  for (size_t i = 1; i < ehlo.lines.size(); ++i) {
    const std::vector<std::string> words = absl::StrSplit(
        absl::AsciiStrToUpper(ehlo.lines[i]), absl::ByAnyChar(" \t"), absl::SkipEmpty());
    if (words.empty()) continue;
    const std::string& keyword = words[0];
    if (keyword == "PIPELINING") capabilities.pipelining = true;
    if (keyword == "8BITMIME") capabilities.eight_bit_mime = true;
    if (keyword == "SMTPUTF8") capabilities.smtputf8 = true;
    if (keyword == "STARTTLS") capabilities.starttls = true;
    if (keyword == "CHUNKING") capabilities.chunking = true;
    if (keyword == "ENHANCEDSTATUSCODES") capabilities.enhanced_status_codes = true;
    if (keyword == "DSN") capabilities.dsn = true;
    if (keyword == "SIZE") AddSize(words, capabilities);
    if (keyword == "AUTH") AddMechanisms(words, capabilities);
  }
  return capabilities;
}

}  // namespace mailstrom::delivery::smtp
