// Every piece of configuration in the documentation is one that the server takes.

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/config.h"

namespace mailstrom::server {
namespace {

constexpr char kIndent[] = "    ";

// The indented blocks of a page that begin with the key `delivery`.
std::vector<std::string> DeliveryExamples(const std::string& page) {
  std::ifstream file(page);
  EXPECT_TRUE(file.is_open()) << page;
  std::vector<std::string> examples;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    const bool indented = absl::StartsWith(line, kIndent);
    if (indented && line.substr(4) == "delivery:") {
      inside = true;
      examples.emplace_back();
    }
    inside = inside && indented;
    if (inside) absl::StrAppend(&examples.back(), line.substr(4), "\n");
  }
  return examples;
}

void ExpectTaken(const std::string& page, size_t least) {
  const std::vector<std::string> examples = DeliveryExamples(page);
  EXPECT_GE(examples.size(), least) << page;
  for (const std::string& example : examples) {
    const auto config = ParseConfig("store: {memory: {}}\n" + example,
                                    {.system_host_name = "mail.example.com", .listen_address = ""});
    EXPECT_TRUE(config.ok()) << page << ":\n" << example << config.status();
  }
}

TEST(DocsExamplesTest, OfDelivery) { ExpectTaken("docs/delivery.md", 5); }

TEST(DocsExamplesTest, OfOperations) { ExpectTaken("docs/operations.md", 3); }

}  // namespace
}  // namespace mailstrom::server
