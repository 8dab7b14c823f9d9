// Writes signed messages for a judge in another language, one JSON object a line: first the DNS
// records of the keys, then the messages. Usage: write_dkim_samples SEED COUNT

#include <cstdint>
#include <cstdio>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "message/dkim_record.h"
#include "message/dkim_signer.h"
#include "tests/message/dkim_samples.h"

namespace mailstrom::message {
namespace {

void WriteSamples(uint64_t seed, int count) {
  DkimSamples samples(seed, DkimSignOptions());
  std::string records;
  for (const DkimSelectorKey& key : samples.keys().keys) {
    absl::StrAppend(&records, records.empty() ? "" : ",", "\"",
                    DkimRecordName(samples.keys().domain, key.selector), "\":\"",
                    DkimRecord(key.key), "\"");
  }
  absl::PrintF("{%s}\n", records);
  for (int i = 0; i < count; ++i) {
    const DkimSample sample = samples.Next();
    absl::PrintF("{\"origin\":\"%s\",\"message\":\"%s\",\"tampered\":\"%s\"}\n", sample.origin,
                 absl::Base64Escape(sample.bytes), absl::Base64Escape(sample.tampered));
  }
}

}  // namespace
}  // namespace mailstrom::message

int main(int argc, char** argv) {
  uint64_t seed = 0;
  int count = 0;
  if (argc != 3 || !absl::SimpleAtoi(argv[1], &seed) || !absl::SimpleAtoi(argv[2], &count)) {
    absl::FPrintF(stderr, "usage: write_dkim_samples SEED COUNT\n");
    return 2;
  }
  mailstrom::message::WriteSamples(seed, count);
  return 0;
}
