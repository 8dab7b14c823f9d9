#include "message/idna.h"

#include "gtest/gtest.h"

namespace mailstrom::message {
namespace {

struct Case {
  absl::string_view unicode;
  absl::string_view ascii;
};

constexpr Case kCases[] = {
    {"bücher.example", "xn--bcher-kva.example"},
    {"faß.example", "xn--fa-hia.example"},
    {"例え.テスト", "xn--r8jz45g.xn--zckzah"},
    {"παράδειγμα.δοκιμή", "xn--hxajbheg2az3al.xn--jxalpdlp"},
    {"example.com", "example.com"},
};

TEST(IdnaTest, ConvertsBothWays) {
  for (const Case& c : kCases) {
    EXPECT_EQ(DomainToAscii(c.unicode).value_or("refused"), c.ascii);
    EXPECT_EQ(DomainToUnicode(c.ascii).value_or("refused"), c.unicode);
  }
}

TEST(IdnaTest, MapsCaseAndWidth) {
  EXPECT_EQ(DomainToAscii("BÜCHER.Example").value_or(""), "xn--bcher-kva.example");
  EXPECT_EQ(DomainToAscii("ｂücher。example").value_or(""), "xn--bcher-kva.example");
  // Composed and decomposed forms are one.
  EXPECT_EQ(DomainToAscii("bu\u0308cher.example").value_or(""), "xn--bcher-kva.example");
}

TEST(IdnaTest, RefusesWhatIdna2008Does) {
  for (const char* domain : {"☃.example", "a\u200db.example", "\u0301a.example", "אa.example"}) {
    EXPECT_FALSE(DomainToAscii(domain).ok()) << domain;
  }
  EXPECT_FALSE(DomainToAscii(absl::string_view("ü\0.example", 11)).ok());
}

TEST(IdnaTest, DropsNothing) {
  // An underscore or a space stays, for the caller to refuse.
  EXPECT_NE(DomainToAscii("bü_cher.example").value_or(""), "xn--bcher-kva.example");
  EXPECT_NE(DomainToAscii("bü cher.example").value_or(""), "xn--bcher-kva.example");
}

}  // namespace
}  // namespace mailstrom::message
