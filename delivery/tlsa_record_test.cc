#include "delivery/tlsa_record.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

TEST(TlsaRecordTest, ReadsWhatSmtpCanUse) {
  const auto record = ParseTlsaRecord(absl::StrCat("\x03\x01\x01", std::string(32, 'x')));
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->usage, TlsaRecord::Usage::kEndEntity);
  EXPECT_EQ(record->selector, TlsaRecord::Selector::kPublicKey);
  EXPECT_EQ(record->matching, TlsaRecord::Matching::kSha256);
  EXPECT_EQ(record->data, std::string(32, 'x'));
  EXPECT_TRUE(ParseTlsaRecord(std::string("\x02\x00\x00", 3) + "der").has_value());
  EXPECT_TRUE(ParseTlsaRecord(std::string("\x02\x00\x02", 3) + std::string(64, 'x')).has_value());
}

TEST(TlsaRecordTest, PassesOverAllElse) {
  const std::string digest(32, 'x');
  const std::string cases[] = {
      "",
      std::string("\x03\x01\x01", 3),
      std::string("\x00\x01\x01", 3) + digest,   // PKIX-TA
      std::string("\x01\x01\x01", 3) + digest,   // PKIX-EE
      std::string("\x04\x01\x01", 3) + digest,   // no such usage
      std::string("\x03\x02\x01", 3) + digest,   // no such selector
      std::string("\x03\x01\x03", 3) + digest,   // no such matching type
      std::string("\x03\x01\x01", 3) + "short",  // no digest
      std::string("\x03\x01\x02", 3) + digest,
  };
  for (const std::string& rdata : cases) EXPECT_FALSE(ParseTlsaRecord(rdata).has_value());
}

}  // namespace
}  // namespace mailstrom::delivery
