#include "tests/message/dkim_samples.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "message/message.h"

namespace mailstrom::message {
namespace {

constexpr int64_t kNow = 1767323045;

// The bytes of a message that the generators promise to be valid.
std::string Bytes(Prepared prepared) {
  for (const Violation& violation : prepared.violations) {
    std::fprintf(stderr, "%s: %s\n", violation.field.c_str(), violation.description.c_str());
  }
  if (!prepared.violations.empty()) std::abort();
  return std::move(prepared.message.bytes);
}

}  // namespace

DkimSamples::DkimSamples(uint64_t seed, const DkimSignOptions& options)
    : options_(options),
      random_(seed),
      generator_(seed + 1),
      keys_{"sign.example",
            {{"rsa.2026", *DkimKey::GenerateRsa()}, {"ed", DkimKey::GenerateEd25519()}}} {}

DkimSample DkimSamples::Next() {
  const bool composed = ++count_ % 2 == 0;
  const std::string message = composed ? Composed() : Raw();
  const std::string fields = DkimSign(message, keys_, absl::FromUnixSeconds(kNow), options_);
  DkimSample sample;
  sample.origin = absl::StrCat(composed ? "composed" : "raw", " message ", count_);
  sample.bytes = absl::StrCat(fields, message);
  sample.tampered = Tamper(sample.bytes, fields.size());
  return sample;
}

std::string DkimSamples::Composed() {
  for (;;) {
    std::string message = Bytes(
        Compose(generator_.Next(), {absl::FromUnixSeconds(kNow), "mx.sign.example", &random_}));
    // Without an author there is no domain to sign for.
    if (!AuthorDomain(message).empty()) return message;
  }
}

std::string DkimSamples::Raw() {
  const char* const line_end = OneIn(2) ? "\n" : "\r\n";
  std::string raw = absl::StrCat(OneIn(2) ? "From:" : "FROM: \t", RawText(0, true),
                                 " Ann <ann@sign.example>", line_end);
  absl::StrAppend(&raw, "To: b@x.example,", line_end, "\tc@x.example", line_end);
  absl::StrAppend(&raw, "SUBJECT:", RawText(12, true), line_end);
  if (OneIn(3)) absl::StrAppend(&raw, "Subject-Not: 1", line_end, "Bcc: d@x.example", line_end);
  for (size_t i = Draw(3); i > 0; --i) {
    absl::StrAppend(&raw, "Resent-To: e", i, "@x.example", line_end, " (", RawText(2, true), ")",
                    line_end);
  }
  if (OneIn(2)) {
    absl::StrAppend(&raw, "List-Unsubscribe: <https://x.example/u>,", line_end,
                    " <mailto:u@x.example>", line_end, "List-Unsubscribe-Post:One-Click", line_end);
  }
  absl::StrAppend(&raw, "MIME-Version: 1.0", line_end, "Content-Type: text/plain;", line_end,
                  "\t charset=utf-8", line_end, "Content-Transfer-Encoding: 8bit", line_end,
                  line_end);
  for (size_t i = Draw(30); i > 0; --i) absl::StrAppend(&raw, RawText(12, false), line_end);
  for (size_t i = Draw(4); i > 0; --i) absl::StrAppend(&raw, OneIn(3) ? " \t" : "", line_end);
  if (OneIn(4)) raw += "no end";
  return Bytes(CheckRaw(raw, {absl::FromUnixSeconds(kNow), "mx.sign.example", &random_}));
}

// Words and white space; in a header it is UTF-8, folded here and there, and never a line of white
// space alone.
std::string DkimSamples::RawText(size_t max_words, bool in_header) {
  std::string text;
  for (size_t i = Draw(max_words + 1); i > 0; --i) {
    if (in_header && OneIn(4)) text += "\r\n";
    text.append(1 + Draw(3), OneIn(4) ? '\t' : ' ');
    for (size_t letters = 1 + Draw(6); letters > 0; --letters) {
      if (!OneIn(5)) {
        text.push_back(static_cast<char>('a' + Draw(26)));
      } else {
        text += in_header || OneIn(2) ? "\u00e4" : "\xff";
      }
    }
  }
  if (OneIn(4)) text.append(1 + Draw(3), OneIn(2) ? '\t' : ' ');
  return text;
}

std::string DkimSamples::Tamper(absl::string_view signed_bytes, size_t signatures_size) {
  std::string tampered(signed_bytes);
  const size_t body = tampered.find("\r\n\r\n") + 4;
  // For a body without a byte that counts.
  size_t target = tampered.find("\r\nMessage-ID: <", signatures_size - 2) + 15;
  for (int tries = 0; tries < 20 && body < tampered.size(); ++tries) {
    const size_t pos = body + Draw(tampered.size() - body);
    if (absl::ascii_isgraph(static_cast<unsigned char>(tampered[pos]))) target = pos;
  }
  tampered[target] ^= 1;
  return tampered;
}

}  // namespace mailstrom::message
