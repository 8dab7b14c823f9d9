#include "storage/record_codec.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "storage/test_emails.h"
#include "storage/transition.h"

namespace mailstrom::storage {
namespace {

TEST(RecordCodecTest, EmailRecordsComeBackWhole) {
  EmailRecord unset;
  unset.email_id = "a";
  unset.recipient_count = 1;
  EmailRecord full = FullTestEmail("b").record;
  full.recipient_count = 2;
  EmailRecord odd = unset;
  odd.message_id = std::string("\0\xff", 2);
  odd.expire_time = absl::InfiniteFuture();
  odd.accept_time = absl::InfinitePast();
  odd.retry.max_delay = absl::InfiniteDuration();
  for (const EmailRecord& record : {unset, full, odd}) {
    const absl::StatusOr<EmailRecord> decoded =
        DecodeEmailRecord(record.email_id, EncodeEmailRecord(record));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->email_id, record.email_id);
    EXPECT_EQ(decoded->message_id, record.message_id);
    EXPECT_EQ(decoded->expire_time, record.expire_time);
    EXPECT_EQ(decoded->accept_time, record.accept_time);
    if (record.email_id == "b") {
      EXPECT_EQ(ToText(*decoded), ToText(record));
    }
    EXPECT_EQ(decoded->retry.max_retries, record.retry.max_retries);
    EXPECT_EQ(decoded->retry.initial_delay, record.retry.initial_delay);
    EXPECT_EQ(decoded->retry.multiplier, record.retry.multiplier);
  }
}

Recipient FullRecipient() {
  Recipient recipient;
  recipient.address = "m\xc3\xbcller@example.com";
  recipient.state = RecipientState::kFailed;
  recipient.attempt_count = 3;
  recipient.last_attempt = FullTestAttempt();
  recipient.next_attempt_time = kTestStart + absl::Nanoseconds(7);
  recipient.failure_cause = FailureCause::kSuppressed;
  recipient.in_doubt = true;
  recipient.revision = int64_t{1} << 40;
  return recipient;
}

TEST(RecordCodecTest, RecipientsComeBackWhole) {
  Recipient silent = FullRecipient();
  silent.last_attempt->reply.reset();
  for (const Recipient& recipient : {Recipient(), FullRecipient(), silent}) {
    const absl::StatusOr<Recipient> decoded = DecodeRecipient(EncodeRecipient(recipient));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(ToText(*decoded), ToText(recipient));
  }
}

TEST(RecordCodecTest, EventsComeBackWhole) {
  const Event event = MakeEvent(FullTestEmail("a").record, 17, FullRecipient(), true, kTestStart);
  const absl::StatusOr<Event> decoded = DecodeEvent(event.sequence, EncodeEvent(event));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(ToText(*decoded), ToText(event));
}

TEST(RecordCodecTest, WhatDoesNotParseIsDataLoss) {
  EXPECT_TRUE(absl::IsDataLoss(DecodeEmailRecord("a", "\xff").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeEmailRecord("a", "").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeRecipient("\xff").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeRecipient("").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeEvent(1, "\xff").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeEvent(1, "").status()));

  Recipient strange = FullRecipient();
  strange.failure_cause = static_cast<FailureCause>(99);
  EXPECT_TRUE(absl::IsDataLoss(DecodeRecipient(EncodeRecipient(strange)).status()));
  strange = FullRecipient();
  strange.last_attempt->phase = static_cast<Phase>(-1);
  EXPECT_TRUE(absl::IsDataLoss(DecodeRecipient(EncodeRecipient(strange)).status()));
}

TEST(RecordCodecTest, SmallRecordsComeBackWhole) {
  const KeyedRequest request =
      DecodeKeyedRequest(EncodeKeyedRequest({std::string("\0d", 2), "a", kTestStart})).value();
  EXPECT_EQ(request.digest, std::string("\0d", 2));
  EXPECT_EQ(request.email_id, "a");
  EXPECT_EQ(request.expire_time, kTestStart);
  EXPECT_EQ(DecodeCancelTime(EncodeCancelTime(kTestStart)).value(), kTestStart);
  EXPECT_EQ(DecodeDamage(EncodeDamage("torn")).value(), "torn");
  const QueueTotals totals{1, int64_t{1} << 40, 3};
  EXPECT_EQ(DecodeQueueTotals(EncodeQueueTotals(totals)).value(), totals);
  const Dialogue dialogue =
      DecodeDialogue(
          7, EncodeDialogue({7, {0, 2}, kTestStart, std::make_shared<const std::string>("said")}))
          .value();
  EXPECT_EQ(dialogue.sequence, 7);
  EXPECT_EQ(dialogue.recipient_indexes, std::vector<int>({0, 2}));
  EXPECT_EQ(dialogue.event_time, kTestStart);
  EXPECT_EQ(*dialogue.bytes, "said");
}

TEST(RecordCodecTest, GarbageIsNoSmallRecord) {
  EXPECT_TRUE(absl::IsDataLoss(DecodeKeyedRequest("\xff").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeKeyedRequest("").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeCancelTime("\xff").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeDamage("\xff").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeQueueTotals("\xff").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeDialogue(1, "\xff").status()));
}

TEST(RecordCodecTest, ALostEventIsNoDamage) {
  EXPECT_TRUE(absl::IsNotFound(DecodeEvent(7, EncodeLostEvent()).status()));
}

}  // namespace
}  // namespace mailstrom::storage
