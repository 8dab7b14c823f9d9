// Writes raw 8-bit messages and what they become for a next hop without 8BITMIME, one JSON object a
// line, for a judge in another language. Usage: conversion_samples SEED COUNT

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "message/eight_bit_converter.h"
#include "message/message.h"
#include "tests/message/content_generator.h"

namespace mailstrom::message {
namespace {

constexpr int kMaxDepth = 4;

// Makes trees of parts, some of them 8-bit and declared as such, with boundaries so short that
// content looks like them.
class MessageGenerator {
 public:
  explicit MessageGenerator(uint64_t seed) : random_(seed) {}

  std::string Next() {
    line_end_ = OneIn(2) ? "\n" : "\r\n";
    boundaries_ = 0;
    return absl::StrCat("From: a@x.example", line_end_, "Subject: s", line_end_,
                        "MIME-Version: 1.0", line_end_, Entity(0));
  }

  RandomSource& random() { return random_; }

 private:
  size_t Draw(size_t bound) { return random_.Next() % bound; }
  bool OneIn(size_t n) { return Draw(n) == 0; }

  // Fields, an empty line and a body that does not end in a line end.
  std::string Entity(int depth) {
    const size_t kind = depth == kMaxDepth ? 0 : Draw(depth == 0 ? 4 : 6);
    if (kind == 1) return EmbeddedMessage(depth);
    if (kind > 1 && kind < 4) return Multipart(depth);
    return Leaf();
  }

  std::string Leaf() {
    switch (Draw(4)) {
      case 0:
        return absl::StrCat("Content-Type: text/plain", line_end_, line_end_, Text(false));
      case 1:
        return absl::StrCat("Content-Transfer-Encoding: base64", line_end_, line_end_,
                            "SGk=", line_end_);
      case 2:
        return absl::StrCat("content-transfer-encoding: quoted-printable", line_end_, line_end_,
                            "=C3=A4=", line_end_, "b", line_end_);
      default:
        return absl::StrCat("Content-Type: text/plain; charset=utf-8", line_end_,
                            "Content-Transfer-Encoding:", OneIn(2) ? line_end_ : "", " 8bit",
                            line_end_, "X-Order: 1", line_end_, line_end_, Text(true));
    }
  }

  std::string EmbeddedMessage(int depth) {
    return absl::StrCat("Content-Type: message/rfc822", line_end_,
                        "Content-Transfer-Encoding: 8bit", line_end_, line_end_, "Subject: in",
                        line_end_, "MIME-Version: 1.0", line_end_, Entity(depth + 1));
  }

  std::string Multipart(int depth) {
    const std::string boundary = absl::StrCat("b", ++boundaries_);
    std::string text = absl::StrCat("Content-Type: multipart/mixed; boundary=", boundary, line_end_,
                                    OneIn(2) ? "Content-Transfer-Encoding: 8bit" : "X-Not: 8bit",
                                    line_end_, line_end_, "preamble", line_end_);
    for (size_t i = 1 + Draw(3); i > 0; --i) {
      absl::StrAppend(&text, "--", boundary, line_end_, Entity(depth + 1), line_end_);
    }
    absl::StrAppend(&text, "--", boundary, "--", line_end_, OneIn(2) ? "epilogue" : "");
    return text;
  }

  std::string Text(bool eight_bit) {
    std::string text;
    for (size_t lines = Draw(8); lines > 0; --lines) {
      for (size_t words = Draw(30); words > 0; --words) {
        const absl::string_view choices[] = {"word",  " ", "=",     "\t",
                                             "--b1x", ".", "From ", "--b2 x"};
        absl::StrAppend(&text, choices[Draw(8)]);
        if (eight_bit && OneIn(6)) text += OneIn(3) ? "\xff" : "\u00e4";
      }
      text += line_end_;
    }
    if (eight_bit) text += "\u00e4";
    return text;
  }

  SeededRandomSource random_;
  const char* line_end_ = "\n";
  int boundaries_ = 0;
};

bool WriteNext(MessageGenerator& generator) {
  const Prepared prepared = CheckRaw(
      generator.Next(), {absl::FromUnixSeconds(1767323045), "mx.example", &generator.random()});
  for (const Violation& violation : prepared.violations) {
    absl::FPrintF(stderr, "refused: %s %s\n", violation.field, violation.description);
  }
  if (!prepared.violations.empty()) return false;
  const absl::StatusOr<std::string> converted = ConvertTo7Bit(prepared.message.bytes);
  if (!converted.ok()) {
    absl::FPrintF(stderr, "not converted: %s\n", converted.status().ToString());
    return false;
  }
  absl::PrintF("{\"before\":\"%s\",\"after\":\"%s\"}\n", absl::Base64Escape(prepared.message.bytes),
               absl::Base64Escape(*converted));
  return true;
}

}  // namespace
}  // namespace mailstrom::message

int main(int argc, char** argv) {
  uint64_t seed = 0;
  int count = 0;
  if (argc != 3 || !absl::SimpleAtoi(argv[1], &seed) || !absl::SimpleAtoi(argv[2], &count)) {
    absl::FPrintF(stderr, "usage: conversion_samples SEED COUNT\n");
    return 2;
  }
  mailstrom::message::MessageGenerator generator(seed);
  for (int i = 0; i < count; ++i) {
    if (!mailstrom::message::WriteNext(generator)) return 1;
  }
  return 0;
}
