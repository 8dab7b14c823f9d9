// What putting down and reading an email's records costs, apart from the database.
//
//   bazel run -c opt //storage:record_codec_benchmark

#include <string>

#include "benchmark/benchmark.h"
#include "storage/record_codec.h"
#include "storage/records.h"
#include "storage/test_emails.h"
#include "storage/transition.h"

namespace mailstrom::storage {
namespace {

void BM_EncodeEmailRecord(benchmark::State& state) {
  const EmailRecord record = FullTestEmail("01HF7YAT31JZHXPFB9E1Z0Q4YV").record;
  for (auto _ : state) benchmark::DoNotOptimize(EncodeEmailRecord(record));
}
BENCHMARK(BM_EncodeEmailRecord);

void BM_DecodeEmailRecord(benchmark::State& state) {
  const std::string bytes = EncodeEmailRecord(FullTestEmail("e").record);
  for (auto _ : state) benchmark::DoNotOptimize(DecodeEmailRecord("e", bytes));
}
BENCHMARK(BM_DecodeEmailRecord);

void BM_EncodeRecipient(benchmark::State& state) {
  const Recipient recipient = FullTestEmail("e").recipients.front();
  for (auto _ : state) benchmark::DoNotOptimize(EncodeRecipient(recipient));
}
BENCHMARK(BM_EncodeRecipient);

void BM_DecodeRecipient(benchmark::State& state) {
  const std::string bytes = EncodeRecipient(FullTestEmail("e").recipients.front());
  for (auto _ : state) benchmark::DoNotOptimize(DecodeRecipient(bytes));
}
BENCHMARK(BM_DecodeRecipient);

Event TestEvent() {
  const Email email = FullTestEmail("e");
  return MakeEvent(email.record, 0, email.recipients.front(), /*email_settled=*/false, kTestStart);
}

void BM_EncodeEvent(benchmark::State& state) {
  const Event event = TestEvent();
  for (auto _ : state) benchmark::DoNotOptimize(EncodeEvent(event));
}
BENCHMARK(BM_EncodeEvent);

void BM_DecodeEvent(benchmark::State& state) {
  const std::string bytes = EncodeEvent(TestEvent());
  for (auto _ : state) benchmark::DoNotOptimize(DecodeEvent(1, bytes));
}
BENCHMARK(BM_DecodeEvent);

}  // namespace
}  // namespace mailstrom::storage

BENCHMARK_MAIN();
