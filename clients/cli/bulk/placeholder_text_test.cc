#include "clients/cli/bulk/placeholder_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mailstrom::cli {
namespace {

const std::vector<std::string> kColumns = {"to", "name", "first-name"};
const std::vector<std::string> kValues = {"b@b.test", "Bob & {to} <x>", "\"B'\""};

TEST(PlaceholderTextTest, PutsValuesIn) {
  const struct {
    std::string text;
    std::string want;
  } kCases[] = {
      {"", ""},
      {"Hello", "Hello"},
      {"{name}", "Bob & {to} <x>"},
      {"Hi {First-Name}, {to}!{to}", "Hi \"B'\", b@b.test!b@b.test"},
      {"{{name}} and {{{to}", "{name} and {{b@b.test"},
      {"{{name}", "{Bob & {to} <x>"},
      {"p { color: red } q{}", "p { color: red } q{}"},
      {"{", "{"},
      {"{name", "{name"},
      {"}{", "}{"},
  };
  for (const auto& test : kCases) {
    const auto text = PlaceholderText::Parse(test.text, kColumns);
    ASSERT_TRUE(text.ok()) << text.status();
    EXPECT_EQ(text->Fill(kValues, false), test.want) << test.text;
  }
}

TEST(PlaceholderTextTest, ValuesCannotBeMarkup) {
  const auto text = PlaceholderText::Parse("<p title='{first-name}'>{name}</p>", kColumns);
  EXPECT_EQ(text->Fill(kValues, true),
            "<p title='&quot;B&#39;&quot;'>Bob &amp; {to} &lt;x&gt;</p>");
}

TEST(PlaceholderTextTest, ColumnsMustExist) {
  EXPECT_EQ(PlaceholderText::Parse("{nmae}", kColumns).status().message(),
            "{nmae} is no column; there are to, name, first-name");
}

}  // namespace
}  // namespace mailstrom::cli
