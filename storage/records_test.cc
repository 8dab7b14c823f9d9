#include "storage/records.h"

#include "gtest/gtest.h"

namespace mailstrom::storage {
namespace {

Recipient MakeRecipient(RecipientState state, int64_t revision) {
  Recipient recipient;
  recipient.state = state;
  recipient.revision = revision;
  return recipient;
}

TEST(RecordsTest, RevisionIsThatOfTheRecipientChangedLast) {
  Email email;
  EXPECT_EQ(email.revision(), 0);
  email.recipients = {MakeRecipient(RecipientState::kQueued, 3),
                      MakeRecipient(RecipientState::kDelivered, 9),
                      MakeRecipient(RecipientState::kDeferred, 4)};
  EXPECT_EQ(email.revision(), 9);
}

TEST(RecordsTest, SettledOnceNoRecipientIsLeft) {
  struct Case {
    const char* name;
    RecipientState first, second;
    bool want;
  };
  for (const Case& c : {
           Case{"both final", RecipientState::kDelivered, RecipientState::kFailed, true},
           Case{"one queued", RecipientState::kDelivered, RecipientState::kQueued, false},
           Case{"one deferred", RecipientState::kDeferred, RecipientState::kFailed, false},
       }) {
    Email email;
    email.recipients = {MakeRecipient(c.first, 1), MakeRecipient(c.second, 2)};
    EXPECT_EQ(email.settled(), c.want) << c.name;
  }
}

}  // namespace
}  // namespace mailstrom::storage
