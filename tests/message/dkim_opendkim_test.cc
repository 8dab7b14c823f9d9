// Signatures judged by OpenDKIM's library.

#include <sys/types.h>

// A header for C that needs the types above.
#define _Bool bool
#include <opendkim/dkim.h>
#undef _Bool

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "message/dkim_record.h"
#include "tests/message/dkim_samples.h"

namespace mailstrom::message {
namespace {

unsigned char* Octets(absl::string_view text) {
  return reinterpret_cast<unsigned char*>(const_cast<char*>(text.data()));
}

// Verifies messages with the keys of one domain, which it finds without DNS.
class OpenDkim {
 public:
  explicit OpenDkim(const DkimDomainKeys& keys) : library_(dkim_init(nullptr, nullptr)) {
    keys_ = &keys;
    dkim_set_key_lookup(library_, LookUp);
  }
  ~OpenDkim() { dkim_close(library_); }

  bool KnowsEd25519() const { return dkim_libfeature(library_, DKIM_FEATURE_ED25519); }

  // Whether each signature of `message` is valid.
  std::vector<bool> Verify(absl::string_view message) {
    DKIM_STAT status = DKIM_STAT_OK;
    DKIM* const dkim = dkim_verify(library_, Octets("id"), nullptr, &status);
    EXPECT_EQ(dkim_chunk(dkim, Octets(message), message.size()), DKIM_STAT_OK);
    EXPECT_EQ(dkim_chunk(dkim, nullptr, 0), DKIM_STAT_OK);
    dkim_eom(dkim, nullptr);
    std::vector<bool> valid;
    DKIM_SIGINFO** signatures = nullptr;
    int count = 0;
    if (dkim_getsiglist(dkim, &signatures, &count) == DKIM_STAT_OK) {
      for (int i = 0; i < count; ++i) {
        dkim_sig_process(dkim, signatures[i]);
        valid.push_back(DKIM_SIG_CHECK(signatures[i]));
      }
    }
    dkim_free(dkim);
    return valid;
  }

 private:
  static DKIM_CBSTAT LookUp(DKIM*, DKIM_SIGINFO* signature, u_char* buffer, size_t size) {
    const std::string selector = reinterpret_cast<char*>(dkim_sig_getselector(signature));
    for (const DkimSelectorKey& key : keys_->keys) {
      if (key.selector != selector) continue;
      std::snprintf(reinterpret_cast<char*>(buffer), size, "%s", DkimRecord(key.key).c_str());
      return DKIM_CBSTAT_CONTINUE;
    }
    return DKIM_CBSTAT_NOTFOUND;
  }

  // The library's callback has no place for it.
  static const DkimDomainKeys* keys_;
  DKIM_LIB* const library_;
};

const DkimDomainKeys* OpenDkim::keys_ = nullptr;

uint64_t Seed() {
  const char* const given = std::getenv("MAILSTROM_SEED");
  uint64_t seed = 0;
  if (given == nullptr || !absl::SimpleAtoi(given, &seed)) seed = std::random_device()();
  return seed;
}

void Judge(const DkimSignOptions& options, int count) {
  const uint64_t seed = Seed();
  SCOPED_TRACE(absl::StrCat("MAILSTROM_SEED=", seed));
  DkimSamples samples(seed, options);
  OpenDkim judge(samples.keys());
  ASSERT_TRUE(judge.KnowsEd25519());
  const std::vector<bool> all_valid = {true, true};
  const std::vector<bool> none_valid = {false, false};
  for (int i = 0; i < count; ++i) {
    const DkimSample sample = samples.Next();
    ASSERT_EQ(judge.Verify(sample.bytes), all_valid) << sample.origin << "\n" << sample.bytes;
    ASSERT_EQ(judge.Verify(sample.tampered), none_valid) << sample.origin << "\n"
                                                         << sample.tampered;
  }
}

TEST(DkimOpenDkimTest, VerifiesRelaxedSignatures) { Judge(DkimSignOptions(), 500); }

TEST(DkimOpenDkimTest, VerifiesSimpleSignatures) {
  Judge({DkimCanonicalization::kSimple, DkimCanonicalization::kSimple}, 100);
}

}  // namespace
}  // namespace mailstrom::message
