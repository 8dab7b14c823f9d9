// Reading a multipart of 100 KiB, here and by GMime.

#include <benchmark/benchmark.h>
#include <gmime/gmime.h>

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/random_source.h"
#include "message/dkim_key.h"
#include "message/dkim_key_ring.h"
#include "message/dkim_signer.h"
#include "message/eight_bit_converter.h"
#include "message/message.h"
#include "message/mime_parser.h"

namespace mailstrom::message {
namespace {

class FixedRandom final : public RandomSource {
 public:
  uint64_t Next() override { return 1; }
};

std::string Lines(size_t size, const char* line) {
  std::string text;
  while (text.size() < size) absl::StrAppend(&text, line, "\r\n");
  return text;
}

// Text and HTML of 20 KiB each and an attachment of 60 KiB. `text` is the lines of the text.
std::string MakeMessage(const char* encoding, const char* text) {
  return absl::StrCat(
      "Received: from client.example by mx.example with ESMTP; Fri, 02 Jan 2026 03:04:05 +0000\r\n"
      "Date: Fri, 02 Jan 2026 03:04:05 +0000\r\n"
      "From: Ann Author <ann@a.example>\r\n"
      "To: Bob Reader <bob@b.example>, carol@c.example\r\n"
      "Subject: A report of middling length,\r\n folded once\r\n"
      "Message-ID: <19b7c1e2a01.0123456789abcdef@mx.example>\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Type: multipart/mixed; boundary=\"=_outer_0123456789abcdef\"\r\n\r\n"
      "--=_outer_0123456789abcdef\r\n"
      "Content-Type: multipart/alternative; boundary=\"=_inner_0123456789abcdef\"\r\n\r\n"
      "--=_inner_0123456789abcdef\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: ",
      encoding, "\r\n\r\n", Lines(20 << 10, text),
      "--=_inner_0123456789abcdef\r\nContent-Type: text/html; charset=utf-8\r\n\r\n",
      Lines(20 << 10, "<p>The quick brown fox jumps over the lazy dog.</p>"),
      "--=_inner_0123456789abcdef--\r\n"
      "--=_outer_0123456789abcdef\r\nContent-Type: application/pdf; name=report.pdf\r\n"
      "Content-Transfer-Encoding: base64\r\n"
      "Content-Disposition: attachment; filename=report.pdf\r\n\r\n",
      Lines(60 << 10,
            "JVBERi0xLjQKJcOkw7zDtsOfCjIgMCBvYmoKPDwvTGVuZ3RoIDMgMCBSL0ZpbHRlci9GbGF0ZURl"),
      "--=_outer_0123456789abcdef--\r\n");
}

std::string SevenBit() {
  return MakeMessage("7bit", "The quick brown fox jumps over the lazy dog, once more and again.");
}

std::string EightBit() {
  return MakeMessage("8bit",
                     "Z\u00fcgig springt der braune Fuchs \u00fcber den faulen Hund, wieder.");
}

void Report(benchmark::State& state, const std::string& message) {
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * message.size()));
}

void BM_Parse(benchmark::State& state) {
  const std::string message = SevenBit();
  for (auto _ : state) benchmark::DoNotOptimize(ParseMime(message));
  Report(state, message);
}
BENCHMARK(BM_Parse);

void BM_GmimeParse(benchmark::State& state) {
  g_mime_init();
  const std::string message = SevenBit();
  for (auto _ : state) {
    GMimeStream* const stream = g_mime_stream_mem_new_with_buffer(message.data(), message.size());
    GMimeParser* const parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage* const parsed = g_mime_parser_construct_message(parser, nullptr);
    benchmark::DoNotOptimize(parsed);
    g_object_unref(parsed);
    g_object_unref(parser);
    g_object_unref(stream);
  }
  Report(state, message);
}
BENCHMARK(BM_GmimeParse);

// All that a raw message goes through, a copy of it included.
void BM_CheckRaw(benchmark::State& state) {
  FixedRandom random;
  const std::string message = SevenBit();
  for (auto _ : state) {
    benchmark::DoNotOptimize(CheckRaw(message, {absl::UnixEpoch(), "mx.example", &random}));
  }
  Report(state, message);
}
BENCHMARK(BM_CheckRaw);

void BM_ConvertTo7Bit(benchmark::State& state) {
  const std::string message = EightBit();
  for (auto _ : state) benchmark::DoNotOptimize(ConvertTo7Bit(message));
  Report(state, message);
}
BENCHMARK(BM_ConvertTo7Bit);

void Sign(benchmark::State& state, const DkimKey& key) {
  const std::string message = SevenBit();
  const DkimDomainKeys keys{"a.example", {{"s", key}}};
  for (auto _ : state) benchmark::DoNotOptimize(DkimSign(message, keys, absl::UnixEpoch()));
  Report(state, message);
}
void BM_SignRsa(benchmark::State& state) { Sign(state, *DkimKey::GenerateRsa()); }
void BM_SignEd25519(benchmark::State& state) { Sign(state, DkimKey::GenerateEd25519()); }
BENCHMARK(BM_SignRsa);
BENCHMARK(BM_SignEd25519);

}  // namespace
}  // namespace mailstrom::message

BENCHMARK_MAIN();
