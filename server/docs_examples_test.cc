// Every piece of configuration in the documentation is one that the server takes.

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/access_table.h"
#include "server/config.h"
#include "server/test_token_signer.h"

namespace mailstrom::server {
namespace {

constexpr char kIndent[] = "    ";

// The indented blocks of a page that begin with this line.
std::vector<std::string> Examples(const std::string& page, const std::string& first_line) {
  std::ifstream file(page);
  EXPECT_TRUE(file.is_open()) << page;
  std::vector<std::string> examples;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    const bool indented = absl::StartsWith(line, kIndent);
    if (indented && line.substr(4) == first_line) {
      inside = true;
      examples.emplace_back();
    }
    inside = inside && indented;
    if (inside) absl::StrAppend(&examples.back(), line.substr(4), "\n");
  }
  return examples;
}

void ExpectTaken(const std::string& page, size_t least) {
  const std::vector<std::string> examples = Examples(page, "delivery:");
  EXPECT_GE(examples.size(), least) << page;
  for (const std::string& example : examples) {
    const auto config = ParseConfig("store: {memory: {}}\n" + example,
                                    {.system_host_name = "mail.example.com", .listen_address = ""});
    EXPECT_TRUE(config.ok()) << page << ":\n" << example << config.status();
  }
}

TEST(DocsExamplesTest, OfDelivery) { ExpectTaken("docs/delivery.md", 5); }

TEST(DocsExamplesTest, OfOperations) { ExpectTaken("docs/operations.md", 3); }

TEST(DocsExamplesTest, OfAccess) {
  const std::vector<std::string> examples = Examples("docs/operations.md", "# access.yaml");
  ASSERT_EQ(examples.size(), 1u);
  const auto read_file = [](const std::string&) -> absl::StatusOr<std::string> {
    return Jwks(TestTokenSigner::P256().Jwk("1"));
  };
  const auto table = AccessTable::Parse(examples.front(), read_file);
  EXPECT_TRUE(table.ok()) << table.status();
}

}  // namespace
}  // namespace mailstrom::server
