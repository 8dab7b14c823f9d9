#include "server/request_digest.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "mailstrom/v1/mailstrom_service.pb.h"

namespace mailstrom::server {
namespace {

TEST(RequestDigestTest, TheOrderOfMapEntriesDoesNotCount) {
  v1::SendEmailRequest forward;
  v1::SendEmailRequest backward;
  for (int i = 0; i < 16; ++i) {
    (*forward.mutable_tags())[absl::StrCat("k", i)] = "v";
    (*backward.mutable_tags())[absl::StrCat("k", 15 - i)] = "v";
  }
  EXPECT_EQ(RequestDigest(forward), RequestDigest(backward));
  EXPECT_EQ(RequestDigest(forward).size(), 32u);
}

TEST(RequestDigestTest, EveryPartCounts) {
  v1::SendEmailRequest request;
  request.mutable_content()->set_text(std::string(100000, 'x'));
  const std::string digest = RequestDigest(request);
  v1::SendEmailRequest other = request;
  other.mutable_content()->mutable_text()->back() = 'y';
  EXPECT_NE(RequestDigest(other), digest);
  other = request;
  other.mutable_retry_policy()->set_max_retries(0);
  EXPECT_NE(RequestDigest(other), digest);
  other = request;
  other.GetReflection()->MutableUnknownFields(&other)->AddVarint(999, 1);
  EXPECT_NE(RequestDigest(other), digest);
}

}  // namespace
}  // namespace mailstrom::server
