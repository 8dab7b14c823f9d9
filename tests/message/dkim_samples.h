#ifndef MAILSTROM_TESTS_MESSAGE_DKIM_SAMPLES_H_
#define MAILSTROM_TESTS_MESSAGE_DKIM_SAMPLES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "message/dkim_key_ring.h"
#include "message/dkim_signer.h"
#include "tests/message/content_generator.h"

namespace mailstrom::message {

struct DkimSample {
  // What it was made of.
  std::string origin;
  // With a signature of each key before its first field.
  std::string bytes;
  // The same, with one signed byte changed: no signature is valid.
  std::string tampered;
};

// Makes signed messages that are hard to verify: composed ones, and raw ones with fields folded in
// odd places, fields that repeat, 8-bit headers and bodies, white space and empty lines wherever
// canonicalization looks for them. The same seed gives the same messages.
class DkimSamples {
 public:
  DkimSamples(uint64_t seed, const DkimSignOptions& options);

  DkimSample Next();

  // An RSA key and an Ed25519 key.
  const DkimDomainKeys& keys() const { return keys_; }

 private:
  size_t Draw(size_t bound) { return random_.Next() % bound; }
  bool OneIn(size_t n) { return Draw(n) == 0; }
  std::string Composed();
  std::string Raw();
  std::string RawText(size_t max_words, bool in_header);
  std::string Tamper(absl::string_view signed_bytes, size_t signatures_size);

  const DkimSignOptions options_;
  SeededRandomSource random_;
  ContentGenerator generator_;
  DkimDomainKeys keys_;
  size_t count_ = 0;
};

}  // namespace mailstrom::message

#endif  // MAILSTROM_TESTS_MESSAGE_DKIM_SAMPLES_H_
