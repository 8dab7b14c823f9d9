#include "base/api_key.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mailstrom {
namespace {

ApiKeyEntropy Entropy(uint8_t first) {
  ApiKeyEntropy entropy;
  for (uint8_t& byte : entropy) byte = first++;
  return entropy;
}

TEST(ApiKeyTest, AKeyHoldsAllTheEntropy) {
  const ApiKey key = MakeApiKey(Entropy(0));
  EXPECT_EQ(key.id, "0001020304");
  EXPECT_EQ(key.text, "mailstrom_0001020304_BQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQ");
  EXPECT_EQ(ApiKeyId(key.text), "0001020304");
  for (size_t i = 0; i < ApiKeyEntropy().size(); ++i) {
    ApiKeyEntropy other = Entropy(0);
    other[i] ^= 1;
    EXPECT_NE(MakeApiKey(other).text, key.text) << i;
  }
}

TEST(ApiKeyTest, OtherTextsAreNoKeys) {
  const std::string key = MakeApiKey(Entropy(0xe0)).text;
  for (const std::string& text : {std::string(), std::string("mailstrom_"), absl::StrCat(key, "A"),
                                  key.substr(0, key.size() - 1), absl::StrCat("M", key.substr(1)),
                                  absl::StrCat(key.substr(0, 20), "-", key.substr(21))}) {
    EXPECT_FALSE(ApiKeyId(text).has_value()) << text;
  }
}

TEST(ApiKeyTest, TheHashIsSha256) {
  EXPECT_EQ(absl::BytesToHexString(HashApiKey("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(ApiKeyTest, HashesAreEqualInAllBytesOrNot) {
  EXPECT_TRUE(HashesEqual(HashApiKey("a"), HashApiKey("a")));
  EXPECT_FALSE(HashesEqual(HashApiKey("a"), HashApiKey("b")));
  EXPECT_FALSE(HashesEqual("ab", "a"));
}

}  // namespace
}  // namespace mailstrom
