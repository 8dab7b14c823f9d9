#include "message/envelope_builder.h"

#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailstrom::message {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string ReversePath(const std::vector<Address>& from, const Mailbox* sender) {
  EnvelopeBuilder builder;
  builder.SetOriginators(from, sender);
  return std::move(builder).Build().reverse_path;
}

TEST(EnvelopeBuilderTest, PrefersTheSender) {
  const Mailbox alice = {"alice@example.com", ""};
  const Mailbox bob = {"bob@example.com", ""};
  EXPECT_EQ(ReversePath({alice}, nullptr), "alice@example.com");
  EXPECT_EQ(ReversePath({alice}, &bob), "bob@example.com");
  EXPECT_EQ(ReversePath({alice, bob}, nullptr), "");
  EXPECT_EQ(ReversePath({Group{"G", {alice}}}, nullptr), "alice@example.com");
  EXPECT_EQ(ReversePath({Group{"G", {}}}, nullptr), "");
  EXPECT_EQ(ReversePath({Group{"G", {}}}, &bob), "bob@example.com");
}

TEST(EnvelopeBuilderTest, KeepsTheFirstOfEqualRecipients) {
  EnvelopeBuilder builder;
  builder.AddRecipients({Mailbox{"b@Example.com", ""}, Mailbox{"a@example.com", ""}});
  builder.AddRecipients({Group{"G", {{"\"b\"@example.com", ""}, {"B@example.com", ""}}}});
  builder.AddRecipients({Mailbox{"a@bücher.example", ""}, Mailbox{"a@xn--bcher-kva.example", ""}});
  EXPECT_THAT(
      std::move(builder).Build().forward_paths,
      ElementsAre("b@example.com", "a@example.com", "B@example.com", "a@xn--bcher-kva.example"));
}

TEST(EnvelopeBuilderTest, LeavesOutWhatSmtpCannotTake) {
  EnvelopeBuilder builder;
  builder.AddRecipients({Mailbox{"a@under_score.example", ""}, Mailbox{"", ""}});
  EXPECT_THAT(std::move(builder).Build().forward_paths, IsEmpty());
}

}  // namespace
}  // namespace mailstrom::message
