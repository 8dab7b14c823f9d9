#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/random_source.h"
#include "message/dkim_key.h"
#include "message/dkim_key_ring.h"
#include "message/dkim_signer.h"
#include "message/field_parser.h"
#include "message/message.h"
#include "message/utf8.h"

namespace mailstrom::message {
namespace {

class FixedRandom final : public RandomSource {
 public:
  uint64_t Next() override { return 1; }
};

void Require(bool ok) {
  if (!ok) std::abort();
}

Prepared Check(std::string raw) {
  FixedRandom random;
  return CheckRaw(std::move(raw), {absl::UnixEpoch(), "x.example", &random});
}

// What CheckRaw lets pass keeps the promises of Message, and passes again as it is.
void CheckPrepared(const Prepared& prepared) {
  const std::string& bytes = prepared.message.bytes;
  Require(absl::EndsWith(bytes, "\r\n") && bytes.find('\0') == std::string::npos);
  size_t line_begin = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '\r') Require(bytes[i + 1] == '\n' && i - line_begin <= 998);
    if (bytes[i] == '\n') {
      Require(i > 0 && bytes[i - 1] == '\r');
      line_begin = i + 1;
    }
  }
  Require(prepared.message.is_8bit == !IsAscii(bytes));
  Require(prepared.message.is_8bit || !prepared.message.needs_smtputf8);
  const HeaderBlock header = ParseHeaderBlock(bytes);
  Require(header.problems.empty() && header.Find("Bcc") == nullptr);
  Require(header.Find("From") && header.Find("Date") && header.Find("Message-ID"));
  Require(!prepared.message.message_id.empty());

  const Prepared again = Check(bytes);
  Require(again.violations.empty() && again.message.bytes == bytes);
}

void CheckSigning(const std::string& bytes) {
  static const auto* const keys =
      new DkimDomainKeys{"x.example", {{"s", DkimKey::GenerateEd25519()}}};
  const Prepared again = Check(absl::StrCat(DkimSign(bytes, *keys, absl::UnixEpoch()), bytes));
  Require(again.violations.empty());
}

}  // namespace
}  // namespace mailstrom::message

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mailstrom::message;
  const Prepared prepared = Check(std::string(reinterpret_cast<const char*>(data), size));
  if (!prepared.violations.empty()) return 0;
  CheckPrepared(prepared);
  CheckSigning(prepared.message.bytes);
  return 0;
}
