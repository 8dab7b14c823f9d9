// Lists of emails, and dialogues.

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "storage/list_query.h"
#include "storage/store_conformance.h"
#include "storage/test_emails.h"

namespace mailstrom::storage {
namespace {

using Strings = std::vector<std::string>;

Email At(const std::string& id, int seconds) {
  Email email = TestEmail(id);
  email.record.accept_time = kTestStart + absl::Seconds(seconds);
  return email;
}

// All pages of a list.
Strings ListAll(Store& store, ListQuery query) {
  Strings ids;
  for (int pages = 0; pages < 1000; ++pages) {
    const absl::StatusOr<ListPage> page = BlockingStore(store).ListEmails(query);
    if (!page.ok()) return {page.status().ToString()};
    EXPECT_LE(static_cast<int>(page->emails.size()), query.page_size);
    for (const Email& email : page->emails) ids.push_back(email.record.email_id);
    if (page->next.empty()) return ids;
    query.after = page->next;
  }
  return {"a list without end"};
}

TEST_P(StoreConformanceTest, AnEmptyStoreHasAnEmptyList) {
  const ListPage page = blocking().ListEmails({}).value();
  EXPECT_TRUE(page.emails.empty());
  EXPECT_EQ(page.next, "");
}

TEST_P(StoreConformanceTest, ListsShowWholeEmailsNewestFirst) {
  ASSERT_TRUE(blocking().Accept(At("b", 2), "").ok());
  ASSERT_TRUE(blocking().Accept(At("c", 1), "").ok());
  ASSERT_TRUE(blocking().Accept(At("a", 3), "").ok());
  ASSERT_TRUE(blocking().Accept(At("d", 1), "").ok());
  EXPECT_EQ(ListAll(store(), {}), Strings({"a", "b", "d", "c"}));
  const ListPage page = blocking().ListEmails({}).value();
  ASSERT_FALSE(page.emails.empty());
  EXPECT_EQ(ToText(page.emails[0]), ToText(blocking().ReadEmail("a").value()));
}

TEST_P(StoreConformanceTest, PagesFollowEachOther) {
  Strings want;
  for (int i = 0; i < 57; ++i) {
    ASSERT_TRUE(blocking().Accept(At(absl::StrCat("e", 100 + i), i / 3), "").ok());
    want.push_back(absl::StrCat("e", 100 + i));
  }
  std::reverse(want.begin(), want.end());
  for (const int page_size : {1, 2, 10, 57, 1000}) {
    ListQuery query;
    query.page_size = page_size;
    EXPECT_EQ(ListAll(store(), query), want) << page_size;
  }
}

TEST_P(StoreConformanceTest, PagesStayTheSameWhileEmailsComeAndSettle) {
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(blocking().Accept(At(absl::StrCat("e", i), i), "").ok());
  }
  ListQuery query;
  query.page_size = 3;
  Strings ids;
  for (int pages = 0; pages < 20; ++pages) {
    const ListPage page = blocking().ListEmails(query).value();
    for (const Email& email : page.emails) ids.push_back(email.record.email_id);
    if (page.next.empty()) break;
    query.after = page.next;
    ASSERT_TRUE(blocking().Accept(At(absl::StrCat("new", pages), 100 + pages), "").ok());
    ASSERT_TRUE(blocking().Cancel(ids.back(), kTestStart).ok());
    if (under_test_->is_durable()) under_test_->Restart();
  }
  EXPECT_EQ(ids, Strings({"e9", "e8", "e7", "e6", "e5", "e4", "e3", "e2", "e1", "e0"}));
}

TEST_P(StoreConformanceTest, AListOfATenantHasNothingOfOthers) {
  for (int i = 0; i < 6; ++i) {
    Email email = At(absl::StrCat("e", i), i);
    if (i % 3 > 0) email.record.tenant = absl::StrCat("t", i % 3);
    ASSERT_TRUE(blocking().Accept(email, "").ok());
  }
  EXPECT_EQ(ListAll(store(), {.page_size = 1, .tenant = "t1"}), Strings({"e4", "e1"}));
  EXPECT_EQ(ListAll(store(), {.page_size = 9, .tenant = ""}), Strings({"e3", "e0"}));
  EXPECT_EQ(ListAll(store(), {.page_size = 9, .recipient = "r0@example.com", .tenant = "t2"}),
            Strings({"e5", "e2"}));
  EXPECT_EQ(ListAll(store(), {.page_size = 9, .tenant = "t"}), Strings());
}

TEST_P(StoreConformanceTest, ListsMeetEveryConditionAtOnce) {
  for (int i = 0; i < 48; ++i) {
    Email email = At(absl::StrCat("e", 10 + i), i);
    email.record.tags = {{"two", absl::StrCat(i % 2)}, {"three", absl::StrCat(i % 3)}};
    email.recipients[0].address = absl::StrCat("r", i % 4, "@Example.com");
    email.recipients.push_back(email.recipients[0]);
    email.recipients[1].address = i % 5 == 0 ? "r0@example.COM" : "other@example.org";
    ASSERT_TRUE(blocking().Accept(email, "").ok());
    if (i % 2 == 0) ASSERT_TRUE(blocking().Cancel(email.record.email_id, kTestStart).ok());
  }
  std::vector<Email> all;
  for (int i = 47; i >= 0; --i) {
    all.push_back(blocking().ReadEmail(absl::StrCat("e", 10 + i)).value());
  }
  const std::vector<std::map<std::string, std::string>> tags = {
      {}, {{"two", "1"}}, {{"two", "0"}, {"three", "2"}}, {{"three", ""}}, {{"thre", "e1"}}};
  int found = 0;
  for (const auto& wanted_tags : tags) {
    for (const char* recipient : {"", "r0@EXAMPLE.com", "R0@example.com", "r1@example.com", "r"}) {
      for (const int state : {0, 1, 2}) {
        for (const int window : {0, 1}) {
          ListQuery query;
          query.page_size = 7;
          query.tags = wanted_tags;
          if (*recipient != '\0') query.recipient = recipient;
          if (state > 0) query.settled = state == 2;
          if (window > 0) {
            query.start_time = kTestStart + absl::Seconds(10);
            query.end_time = kTestStart + absl::Seconds(30);
          }
          Strings want;
          for (const Email& email : all) {
            if (Matches(query, email)) want.push_back(email.record.email_id);
          }
          found += static_cast<int>(want.size());
          EXPECT_EQ(ListAll(store(), query), want)
              << wanted_tags.size() << " " << recipient << " " << state << " " << window;
        }
      }
    }
  }
  EXPECT_GT(found, 100);
}

TEST_P(StoreConformanceTest, WhatIsNoPlaceOfAListIsRefused) {
  ListQuery query;
  query.after = "x";
  EXPECT_TRUE(absl::IsInvalidArgument(blocking().ListEmails(query).status()));
  query.after = "";
  query.page_size = 0;
  EXPECT_TRUE(absl::IsInvalidArgument(blocking().ListEmails(query).status()));
}

std::shared_ptr<const std::string> Said(const std::string& text) {
  return std::make_shared<const std::string>(text);
}

Strings Texts(const std::vector<Dialogue>& dialogues) {
  Strings texts;
  for (const Dialogue& dialogue : dialogues) {
    std::string text = absl::StrCat(*dialogue.bytes, " #", dialogue.sequence);
    for (const int index : dialogue.recipient_indexes) absl::StrAppend(&text, " ", index);
    texts.push_back(text);
  }
  return texts;
}

TEST_P(StoreConformanceTest, ADialogueIsKeptOnceForThoseWhoSharedIt) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a", 4), "").ok());
  ASSERT_TRUE(blocking().Accept(TestEmail("ab"), "").ok());
  EXPECT_TRUE(blocking().ReadDialogues("a")->empty());
  std::vector<Outcome> outcomes;
  for (const ClaimedRecipient& claimed : AllOf(blocking().ClaimDue(kTestStart, 9).value())) {
    outcomes.push_back(Delivered(claimed));
  }
  ASSERT_EQ(outcomes.size(), 5u);
  std::sort(outcomes.begin(), outcomes.end(), [](const Outcome& a, const Outcome& b) {
    return std::tie(a.claim.email_id, a.claim.recipient_index) <
           std::tie(b.claim.email_id, b.claim.recipient_index);
  });
  const auto shared = Said(std::string("220 hi\0\xff", 8));
  outcomes[0].dialogue = shared;
  outcomes[1].dialogue = Said("of another transaction");
  outcomes[2].dialogue = shared;
  outcomes[4].dialogue = shared;
  ASSERT_TRUE(blocking().RecordOutcomes(outcomes).ok());
  const std::vector<Dialogue> dialogues = blocking().ReadDialogues("a").value();
  EXPECT_EQ(Texts(dialogues), Strings({*shared + " #6 0 2", "of another transaction #7 1"}));
  EXPECT_EQ(dialogues[0].event_time, outcomes[0].event_time);
  EXPECT_EQ(Texts(blocking().ReadDialogues("ab").value()), Strings({*shared + " #10 0"}));
  EXPECT_TRUE(blocking().ReadDialogues("b")->empty());
  if (!under_test_->is_durable()) return;
  under_test_->Crash();
  EXPECT_EQ(Texts(blocking().ReadDialogues("a").value()), Texts(dialogues));
}

TEST_P(StoreConformanceTest, TheNewestDialoguesAreKept) {
  for (const int recipients : {1, 2}) {
    const std::string id = absl::StrCat("e", recipients);
    ASSERT_TRUE(blocking().Accept(TestEmail(id, recipients), "").ok());
    Strings want;
    for (int i = 0; i < 9; ++i) {
      const ClaimedRecipient claimed = AllOf(blocking().ClaimDue(kTestStart, 1).value()).at(0);
      Outcome outcome = Deferred(claimed, kTestStart);
      outcome.dialogue = Said(absl::StrCat("dialogue ", i));
      ASSERT_TRUE(blocking().RecordOutcomes({outcome}).ok());
      want.push_back(absl::StrCat("dialogue ", i, " #", store().LastSequence(), " ",
                                  claimed.claim.recipient_index));
      if (want.size() > kDialoguesPerEmail) want.erase(want.begin());
      EXPECT_EQ(Texts(blocking().ReadDialogues(id).value()), want);
    }
    ASSERT_TRUE(blocking().Cancel(id, kTestStart).ok());
  }
}

TEST_P(StoreConformanceTest, ADialogueThatIsTooLargeDoesNotSpoilItsOutcome) {
  ASSERT_TRUE(blocking().Accept(TestEmail("a", 2), "").ok());
  const std::vector<ClaimedRecipient> claimed = AllOf(blocking().ClaimDue(kTestStart, 2).value());
  Outcome large = Delivered(claimed.at(0)), largest = Delivered(claimed.at(1));
  large.dialogue = Said(std::string(kMaxDialogueBytes, 'x'));
  largest.dialogue = Said(std::string(kMaxDialogueBytes + 1, 'y'));
  ASSERT_TRUE(blocking().RecordOutcomes({largest, large}).ok());
  EXPECT_TRUE(blocking().ReadEmail("a")->settled());
  const std::vector<Dialogue> dialogues = blocking().ReadDialogues("a").value();
  ASSERT_EQ(dialogues.size(), 1u);
  EXPECT_EQ(*dialogues[0].bytes, *large.dialogue);
}

}  // namespace
}  // namespace mailstrom::storage
