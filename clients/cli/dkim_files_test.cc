#include "clients/cli/dkim_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace mailstrom::cli {
namespace {

TEST(DkimFilesTest, WritesForTheOwnerOnlyAndOnce) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/key";
  ASSERT_TRUE(WriteSecret(path, "secret").ok());
  struct stat info = {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600);
  EXPECT_TRUE(absl::IsAlreadyExists(WriteSecret(path, "other")));
  std::ifstream file(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "secret");
  EXPECT_TRUE(absl::IsFailedPrecondition(WriteSecret(path + "/not/there", "secret")));
}

}  // namespace
}  // namespace mailstrom::cli
