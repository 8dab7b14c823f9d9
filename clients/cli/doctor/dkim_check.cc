#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/doctor/mail_checks.h"
#include "clients/cli/doctor/tag_list.h"
#include "message/dkim_record.h"
#include "openssl/bytestring.h"
#include "openssl/evp.h"
#include "openssl/rsa.h"

namespace mailstrom::cli {
namespace {

// RFC 8301 §3.2.
constexpr unsigned kMinRsaBits = 1024;
constexpr unsigned kGoodRsaBits = 2048;
constexpr size_t kEd25519Bytes = 32;

// Bits of an RSA key in DER (SubjectPublicKeyInfo); 0 when it is none.
unsigned RsaBits(const std::string& der) {
  CBS bytes;
  CBS_init(&bytes, reinterpret_cast<const uint8_t*>(der.data()), der.size());
  const bssl::UniquePtr<EVP_PKEY> key(EVP_parse_public_key(&bytes));
  if (key == nullptr || CBS_len(&bytes) != 0) return 0;
  const RSA* const rsa = EVP_PKEY_get0_RSA(key.get());
  return rsa == nullptr ? 0 : RSA_bits(rsa);
}

// What the public key of a record is worth.
void JudgeKey(const TagList& tags, Finding& finding) {
  std::string text = tags.Get("p");
  text.erase(
      std::remove_if(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }),
      text.end());
  const std::string type = absl::AsciiStrToLower(tags.Get("k", "rsa"));
  std::string key;
  finding.verdict = Verdict::kWrong;
  if (text.empty()) {
    finding.problem = "the key is revoked (p= is empty)";
  } else if (!absl::Base64Unescape(text, &key)) {
    finding.problem = "p= is not base64";
  } else if (type == "ed25519") {
    if (key.size() == kEd25519Bytes) finding.verdict = Verdict::kOk;
    if (key.size() != kEd25519Bytes) finding.problem = "p= is no Ed25519 key";
  } else if (type != "rsa") {
    finding.problem = absl::StrCat("k=", type, " is no type of key");
  } else if (const unsigned bits = RsaBits(key); bits == 0) {
    finding.problem = "p= is no RSA key";
  } else if (bits < kMinRsaBits) {
    finding.problem = absl::StrCat("an RSA key of ", bits, " bits proves nothing");
  } else if (bits < kGoodRsaBits) {
    finding.verdict = Verdict::kAdvice;
    finding.problem = absl::StrCat("an RSA key of ", bits, " bits is short");
  } else {
    finding.verdict = Verdict::kOk;
  }
  if (finding.verdict != Verdict::kOk) {
    finding.fix = "make another key with `mailstrom dkim keygen` and publish what it prints";
  }
}

void JudgeWithoutKey(const std::string& record, Finding& finding) {
  const absl::StatusOr<TagList> tags = TagList::Parse(record);
  if (!tags.ok() || (tags->Has("v") && (tags->Get("v") != "DKIM1" || tags->first() != "v"))) {
    finding.verdict = Verdict::kWrong;
    finding.problem = tags.ok() ? "v=DKIM1 must come first" : std::string(tags.status().message());
    finding.fix = "publish what `mailstrom dkim keygen` printed";
    return;
  }
  JudgeKey(*tags, finding);
  if (finding.verdict == Verdict::kOk && tags->Get("t") == "y") {
    finding.verdict = Verdict::kAdvice;
    finding.problem = "t=y: the domain tests DKIM, so verifiers ignore its signatures";
    finding.fix = "leave out t=y";
  }
}

}  // namespace

asio::awaitable<Finding> CheckDkim(delivery::DnsClient& dns, std::string domain,
                                   std::string selector, const message::DkimKey* key) {
  const std::string name = message::DkimRecordName(domain, selector);
  Finding finding = {.check = "DKIM", .subject = name};
  const absl::StatusOr<Strings> records = co_await LookUpTexts(dns, name);
  if (!records.ok()) {
    finding.verdict = Verdict::kUnknown;
    finding.problem = absl::StrCat("DNS gave no answer: ", records.status().message());
    co_return finding;
  }
  finding.found = absl::StrJoin(*records, " | ");
  if (records->size() != 1) {
    finding.verdict = Verdict::kWrong;
    finding.problem = records->empty()
                          ? "there is no TXT record"
                          : absl::StrCat("there are ", records->size(), " TXT records");
    finding.fix = "publish what `mailstrom dkim keygen` printed, and nothing else";
  } else if (key == nullptr) {
    JudgeWithoutKey(records->front(), finding);
  } else {
    const std::vector<std::string> problems = message::CompareDkimRecord(records->front(), *key);
    finding.problem = absl::StrJoin(problems, "; ");
    if (!problems.empty()) finding.verdict = Verdict::kWrong;
  }
  if (key != nullptr && finding.verdict == Verdict::kWrong) {
    finding.fix = message::DkimZoneLine(domain, selector, *key);
  }
  co_return finding;
}

}  // namespace mailstrom::cli
