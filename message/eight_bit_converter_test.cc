#include "message/eight_bit_converter.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"

namespace mailstrom::message {
namespace {

std::string Crlf(absl::string_view text) { return absl::StrReplaceAll(text, {{"\n", "\r\n"}}); }

// An a with diaeresis, four times, which is shorter in base64.
constexpr char kMany[] = "\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4";

TEST(EightBitConverterTest, Converts) {
  struct Case {
    const char* name;
    std::string message;
    std::string want;
  };
  const std::string many = kMany;
  const Case cases[] = {
      {"7-bit stays as it is", "Subject: a\n\nx \n", "Subject: a\n\nx \n"},
      {"quoted-printable",
       "MIME-Version: 1.0\nContent-Transfer-Encoding: 8bit\nX: 1\n\nr=s \nthe letter \xC3\xA4\n",
       "MIME-Version: 1.0\nContent-Transfer-Encoding: quoted-printable\nX: 1\n\n"
       "r=3Ds=20\nthe letter =C3=A4\n"},
      {"base64", "MIME-Version: 1.0\nContent-Transfer-Encoding:\n 8bit\n\n" + many + "\n",
       "MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\nw6TDpMOkw6QNCg==\n"},
      {"nested",
       "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n"
       "Content-Transfer-Encoding: 8bit\n\n--x\nContent-Transfer-Encoding: 8bit\n\n" +
           many +
           "\n--x\nContent-Type: multipart/alternative; boundary=y\n\n--y\n"
           "content-transfer-encoding: 8BIT\n\nThe letter \xC3\xA4\n--y\n"
           "Content-Transfer-Encoding: 8bit\n\nplain\n--y--\n--x\n\n7-bit = \n--x--\n",
       "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n"
       "Content-Transfer-Encoding: 7bit\n\n--x\nContent-Transfer-Encoding: base64\n\n"
       "w6TDpMOkw6Q=\n--x\nContent-Type: multipart/alternative; boundary=y\n\n--y\n"
       "Content-Transfer-Encoding: quoted-printable\n\nThe letter =C3=A4\n--y\n"
       "Content-Transfer-Encoding: 7bit\n\nplain\n--y--\n--x\n\n7-bit = \n--x--\n"},
      {"a message within, undeclared",
       "MIME-Version: 1.0\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n\n"
       "Subject: a\n\nThe letter \xC3\xA4\n",
       "MIME-Version: 1.0\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n\n"
       "Subject: a\nMIME-Version: 1.0\nContent-Transfer-Encoding: quoted-printable\n\n"
       "The letter =C3=A4\n"},
      {"a part without a header",
       "Content-Type: multipart/mixed; boundary=x\n\n--x\n\nThe letter \xC3\xA4\n--x--\n",
       "Content-Type: multipart/mixed; boundary=x\n\n--x\n"
       "Content-Transfer-Encoding: quoted-printable\n\nThe letter =C3=A4\n--x--\n"},
      {"text around the parts",
       "Content-Type: multipart/mixed; boundary=x\nContent-Transfer-Encoding: 8bit\n\n"
       "p\xC3\xA4\n--x\n\na\n--x--\ne\xC3\xA4\n",
       "Content-Type: multipart/mixed; boundary=x\nContent-Transfer-Encoding: 7bit\n\n"
       "p??\n--x\n\na\n--x--\ne??\n"},
      {"what claims to be encoded",
       "Content-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n\n"
       "Content-Transfer-Encoding: base64\n\nw6TDpMOkw6Q=\xC3\n",
       "Content-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n\n"
       "Content-Transfer-Encoding: base64\n\nw6TDpMOkw6Q=?\n"},
      {"a line that would break before a delimiter",
       "Content-Type: multipart/mixed; boundary=x\n\n--x\n\n\xC3\xA4" + std::string(69, 'a') +
           "--x\n--x--\n",
       "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Transfer-Encoding: base64\n\n"
       "w6RhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh\n"
       "YWFhYWFhYWFhYWFhYWEtLXg=\n--x--\n"},
      {"a signed part beside an unsigned one",
       "Content-Type: multipart/mixed; boundary=x\n\n--x\n"
       "Content-Type: multipart/signed; boundary=y\n\n--y\nContent-Transfer-Encoding: 8bit\n\na\n"
       "--y--\n--x\n\nThe letter \xC3\xA4\n--x--\n",
       "Content-Type: multipart/mixed; boundary=x\n\n--x\n"
       "Content-Type: multipart/signed; boundary=y\n\n--y\nContent-Transfer-Encoding: 8bit\n\na\n"
       "--y--\n--x\nContent-Transfer-Encoding: quoted-printable\n\nThe letter =C3=A4\n--x--\n"},
  };
  for (const Case& c : cases) {
    const absl::StatusOr<std::string> result = ConvertTo7Bit(Crlf(c.message));
    ASSERT_TRUE(result.ok()) << c.name << ": " << result.status();
    EXPECT_EQ(*result, Crlf(c.want)) << c.name;
  }
}

TEST(EightBitConverterTest, RefusesWhatMustStay) {
  const std::string eight = "Content-Transfer-Encoding: 8bit\n";
  const std::string cases[] = {
      "Subject: \xC3\xA4\n\na\n",
      "Content-Type: multipart/mixed; boundary=x\n\n--x\nX: \xC3\xA4\n\na\n--x--\n",
      "Content-Type: message/rfc822\n\nno field \xC3\xA4\n\na\n",
      "Content-Type: multipart/signed; boundary=x\n\n--x\n" + eight + "\n\xC3\xA4\n--x--\n",
      "Content-Type: multipart/signed; boundary=x\n\n--x\nContent-Type: message/rfc822\n" + eight +
          "\nSubject: a\n\n\xC3\xA4\n--x--\n",
      "Content-Type: message/partial\n" + eight + "\n\xC3\xA4\n",
      "Content-Type: multipart/mixed\n" + eight + "\n\xC3\xA4\n",
  };
  for (const std::string& message : cases) {
    EXPECT_EQ(ConvertTo7Bit(Crlf(message)).status().code(), absl::StatusCode::kFailedPrecondition)
        << message;
  }
}

}  // namespace
}  // namespace mailstrom::message
