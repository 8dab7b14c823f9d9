#include "delivery/smtp/seven_bit_form.h"

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery::smtp {
namespace {

constexpr char kHeader[] =
    "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: 8bit\r\n";
constexpr char kBody[] = "\r\ncaf\xC3\xA9\r\n";

TEST(SevenBitFormTest, ConvertsUnsignedMail) {
  const auto converted = SevenBitForm(absl::StrCat(kHeader, kBody));
  ASSERT_TRUE(converted.ok()) << converted.status();
  EXPECT_TRUE(std::none_of(converted->begin(), converted->end(),
                           [](char c) { return static_cast<unsigned char>(c) > 127; }));
  EXPECT_TRUE(absl::StrContains(*converted, "caf=C3=A9")) << *converted;
}

TEST(SevenBitFormTest, LeavesSignedMailAlone) {
  for (const char* field : {"DKIM-Signature: v=1; b=x\r\n", "dkim-signature : v=1;\r\n b=x\r\n",
                            "ARC-Message-Signature: i=1\r\n"}) {
    EXPECT_EQ(SevenBitForm(absl::StrCat(field, kHeader, kBody)).status().code(),
              absl::StatusCode::kFailedPrecondition)
        << field;
  }
}

TEST(SevenBitFormTest, LooksForSignaturesInTheHeaderOnly) {
  EXPECT_TRUE(SevenBitForm(absl::StrCat(kHeader, kBody, "DKIM-Signature: x\r\n")).ok());
}

TEST(SevenBitFormTest, HeaderIn8BitCannotBeConverted) {
  EXPECT_FALSE(SevenBitForm("Subject: caf\xC3\xA9\r\n\r\nx\r\n").ok());
}

}  // namespace
}  // namespace mailstrom::delivery::smtp
