// Composing and transfer encodings, here and by GMime.

#include <benchmark/benchmark.h>
#include <gmime/gmime.h>

#include <cstdint>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/random_source.h"
#include "message/message.h"
#include "message/transfer_encoding.h"

namespace mailstrom::message {
namespace {

// Encoders write into memory that is there already: else new pages cost more than their work.
constexpr size_t kBodyBytes = 4 << 10;
constexpr size_t kDataBytes = 1 << 20;

std::string Lines(size_t size, absl::string_view line) {
  std::string text;
  while (text.size() + line.size() + 2 <= size) absl::StrAppend(&text, line, "\r\n");
  return text;
}

std::string Text() {
  return Lines(kBodyBytes, "Zügig springt der braune Fuchs über den faulen Hund.");
}

std::string Html() {
  return Lines(kBodyBytes, "<p>Zügig springt der braune Fuchs über den faulen Hund.</p>");
}

// Mostly ASCII, as most text is.
std::string EncodableText() {
  return Lines(
      kDataBytes,
      "The quick brown fox jumps over the lazy dog, and then once more: 1 + 1 = 2, naïve.");
}

std::string RandomBytes() {
  std::mt19937_64 random(1);
  std::string bytes(kDataBytes, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

void BM_Compose(benchmark::State& state) {
  SystemRandomSource random;
  const ComposeContext context = {absl::FromUnixSeconds(1767323045), "mx.example", &random};
  Content content;
  content.from = {Mailbox{"alice@example.com", "Alice Müller"}};
  content.to = {Mailbox{"bob@example.net", "Bob"}, Mailbox{"carol@example.org", "Carol"}};
  content.subject = "Grüße aus München";
  content.text = Text();
  content.html = Html();
  for (auto _ : state) benchmark::DoNotOptimize(Compose(content, context));
}
BENCHMARK(BM_Compose);

GMimePart* NewGmimePart(const char* subtype, const std::string& text) {
  GMimeTextPart* const part = g_mime_text_part_new_with_subtype(subtype);
  g_mime_text_part_set_charset(part, "utf-8");
  g_mime_text_part_set_text(part, text.c_str());
  // It has no choice of its own to make: the shorter one is told.
  g_mime_part_set_content_encoding(GMIME_PART(part), GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
  return GMIME_PART(part);
}

std::string GmimeCompose(const std::string& text, const std::string& html) {
  GMimeMessage* const message = g_mime_message_new(TRUE);
  g_mime_message_add_mailbox(message, GMIME_ADDRESS_TYPE_FROM, "Alice Müller", "alice@example.com");
  g_mime_message_add_mailbox(message, GMIME_ADDRESS_TYPE_TO, "Bob", "bob@example.net");
  g_mime_message_add_mailbox(message, GMIME_ADDRESS_TYPE_TO, "Carol", "carol@example.org");
  g_mime_message_set_subject(message, "Grüße aus München", "utf-8");
  GDateTime* const date = g_date_time_new_from_unix_utc(1767323045);
  g_mime_message_set_date(message, date);
  char* const id = g_mime_utils_generate_message_id("mx.example");
  g_mime_message_set_message_id(message, id);
  GMimeMultipart* const alternative = g_mime_multipart_new_with_subtype("alternative");
  GMimePart* const text_part = NewGmimePart("plain", text);
  GMimePart* const html_part = NewGmimePart("html", html);
  g_mime_multipart_add(alternative, GMIME_OBJECT(text_part));
  g_mime_multipart_add(alternative, GMIME_OBJECT(html_part));
  g_mime_message_set_mime_part(message, GMIME_OBJECT(alternative));
  char* const written = g_mime_object_to_string(GMIME_OBJECT(message), nullptr);
  std::string bytes = written;
  g_free(written);
  g_free(id);
  g_date_time_unref(date);
  for (void* object : {static_cast<void*>(text_part), static_cast<void*>(html_part),
                       static_cast<void*>(alternative), static_cast<void*>(message)}) {
    g_object_unref(object);
  }
  return bytes;
}

void BM_GmimeCompose(benchmark::State& state) {
  g_mime_init();
  const std::string text = Text();
  const std::string html = Html();
  for (auto _ : state) benchmark::DoNotOptimize(GmimeCompose(text, html));
}
BENCHMARK(BM_GmimeCompose);

void ReportData(benchmark::State& state) {
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * kDataBytes));
}

void BM_QuotedPrintable(benchmark::State& state) {
  const std::string text = EncodableText();
  std::string out;
  for (auto _ : state) {
    out.clear();
    AppendQuotedPrintable(text, LineMode::kText, out);
    benchmark::DoNotOptimize(out);
  }
  ReportData(state);
}
BENCHMARK(BM_QuotedPrintable);

void BM_Base64(benchmark::State& state) {
  const std::string bytes = RandomBytes();
  std::string out;
  for (auto _ : state) {
    out.clear();
    AppendBase64(bytes, out);
    benchmark::DoNotOptimize(out);
  }
  ReportData(state);
}
BENCHMARK(BM_Base64);

void GmimeEncode(benchmark::State& state, GMimeContentEncoding encoding, const std::string& data) {
  GMimeEncoding encoder;
  g_mime_encoding_init_encode(&encoder, encoding);
  std::string out(g_mime_encoding_outlen(&encoder, data.size()), '\0');
  for (auto _ : state) {
    g_mime_encoding_reset(&encoder);
    benchmark::DoNotOptimize(g_mime_encoding_flush(&encoder, data.data(), data.size(), out.data()));
  }
  ReportData(state);
}

void BM_GmimeQuotedPrintable(benchmark::State& state) {
  GmimeEncode(state, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE, EncodableText());
}
BENCHMARK(BM_GmimeQuotedPrintable);

void BM_GmimeBase64(benchmark::State& state) {
  GmimeEncode(state, GMIME_CONTENT_ENCODING_BASE64, RandomBytes());
}
BENCHMARK(BM_GmimeBase64);

}  // namespace
}  // namespace mailstrom::message

BENCHMARK_MAIN();
