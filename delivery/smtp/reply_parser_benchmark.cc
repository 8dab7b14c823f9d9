// What taking a server's replies costs, by what they look like and in how many pieces they come.
//
//   bazel run -c opt //delivery/smtp:reply_parser_benchmark

#include <string>

#include "benchmark/benchmark.h"
#include "delivery/smtp/reply_parser.h"

namespace mailstrom::delivery::smtp {
namespace {

constexpr char kOneLine[] = "250 2.1.5 Recipient <someone@example.test> ok\r\n";
constexpr char kHello[] =
    "250-mx.example.test at your service, [192.0.2.1]\r\n250-SIZE 157286400\r\n250-8BITMIME\r\n"
    "250-STARTTLS\r\n250-ENHANCEDSTATUSCODES\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 SMTPUTF8\r\n";

// Feeds `bytes` in pieces of `piece` and takes `replies` out of them.
void Parse(benchmark::State& state, const std::string& bytes, size_t piece, int replies) {
  ReplyParser parser;
  for (auto _ : state) {
    int taken = 0;
    for (size_t i = 0; i < bytes.size(); i += piece) {
      parser.Feed(absl::string_view(bytes).substr(i, piece));
      while (true) {
        const auto reply = parser.Next();
        if (!reply.ok()) return state.SkipWithError("no reply");
        if (!reply->has_value()) break;
        ++taken;
      }
    }
    if (taken != replies) return state.SkipWithError("replies are missing");
  }
  state.SetItemsProcessed(state.iterations() * replies);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes.size()));
}

void BM_OneLine(benchmark::State& state) { Parse(state, kOneLine, 4096, 1); }
BENCHMARK(BM_OneLine);

void BM_ManyLines(benchmark::State& state) { Parse(state, kHello, 4096, 1); }
BENCHMARK(BM_ManyLines);

// What a server that pipelines sends at once for an email with 50 recipients.
void BM_GroupOfReplies(benchmark::State& state) {
  std::string bytes;
  for (int i = 0; i < 52; ++i) bytes += kOneLine;
  Parse(state, bytes, 4096, 52);
}
BENCHMARK(BM_GroupOfReplies);

void BM_ByteByByte(benchmark::State& state) { Parse(state, kHello, 1, 1); }
BENCHMARK(BM_ByteByByte);

}  // namespace
}  // namespace mailstrom::delivery::smtp

BENCHMARK_MAIN();
