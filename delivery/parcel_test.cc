#include "delivery/parcel.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

std::vector<storage::ClaimedRecipient> Claimed(const std::vector<std::string>& addresses) {
  std::vector<storage::ClaimedRecipient> recipients;
  for (const std::string& address : addresses) {
    storage::ClaimedRecipient recipient;
    recipient.claim.recipient_index = static_cast<int>(recipients.size());
    recipient.recipient.address = address;
    recipients.push_back(recipient);
  }
  return recipients;
}

std::vector<std::string> PathsOf(const DomainGroup& group) {
  std::vector<std::string> paths;
  for (const ParcelRecipient& recipient : group.recipients) paths.push_back(recipient.forward_path);
  return paths;
}

TEST(ParcelTest, GroupsByDomainWhateverItsSpelling) {
  const GroupedRecipients grouped =
      GroupByDomain(Claimed({"a@B\xC3\xBC"
                             "cher.example",
                             "c@other.test", "d@xn--bcher-kva.example"}));
  ASSERT_EQ(grouped.groups.size(), 2u);
  EXPECT_EQ(grouped.groups[0].domain, "xn--bcher-kva.example");
  EXPECT_EQ(PathsOf(grouped.groups[0]),
            (std::vector<std::string>{"a@xn--bcher-kva.example", "d@xn--bcher-kva.example"}));
  EXPECT_EQ(grouped.groups[0].recipients[1].claimed.claim.recipient_index, 2);
  EXPECT_EQ(PathsOf(grouped.groups[1]), std::vector<std::string>{"c@other.test"});
}

TEST(ParcelTest, PathsThatNeedSmtputf8StandApart) {
  const GroupedRecipients grouped = GroupByDomain(Claimed({"a@b.test", "\xC3\xBC@b.test"}));
  ASSERT_EQ(grouped.groups.size(), 2u);
  EXPECT_FALSE(grouped.groups[0].needs_smtputf8);
  EXPECT_TRUE(grouped.groups[1].needs_smtputf8);
}

TEST(ParcelTest, KeepsWhatIsNoAddressApart) {
  const GroupedRecipients grouped =
      GroupByDomain(Claimed({"nobody", "a@b.test", "x@y.test>\r\nRSET"}));
  EXPECT_EQ(grouped.groups.size(), 1u);
  ASSERT_EQ(grouped.malformed.size(), 2u);
  EXPECT_EQ(grouped.malformed[0].recipient.address, "nobody");
}

TEST(ParcelTest, ReversePaths) {
  EXPECT_EQ(ToReversePath("").path, "");
  EXPECT_EQ(ToReversePath("a@B\xC3\xBC"
                          "cher.example")
                .path,
            "a@xn--bcher-kva.example");
  EXPECT_FALSE(ToReversePath("a@b.test").needs_smtputf8);
  EXPECT_EQ(ToReversePath("a@B.test").domain, "b.test");
  EXPECT_TRUE(ToReversePath("\xC3\xBC@b.test").needs_smtputf8);
  EXPECT_EQ(ToReversePath("a@b.test>\r\nRCPT TO:<c@d.test").path, "");
}

}  // namespace
}  // namespace mailstrom::delivery
