#include "server/service.h"

#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "delivery/dialogue_text.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "server/cursor.h"
#include "server/dkim_keys.h"
#include "server/service_fixture.h"

namespace mailstrom::server {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::UnorderedElementsAre;

TEST_F(ServiceTest, AnAcceptedEmailIsQueuedForEachRecipient) {
  v1::SendEmailRequest request = GoodRequest({"b@receiver.test", "c@receiver.test"});
  (*request.mutable_tags())["campaign"] = "spring";
  v1::SendEmailResponse response;
  ASSERT_TRUE(Send(request, &response).ok());
  EXPECT_EQ(response.email().email_id().size(), 26u);

  v1::Email email;
  ASSERT_TRUE(Query(response.email().email_id(), &email).ok());
  EXPECT_EQ(email.state(), v1::Email::STATE_ACTIVE);
  EXPECT_EQ(email.message_id(), response.email().message_id());
  EXPECT_EQ(email.tags().at("campaign"), "spring");
  ASSERT_EQ(email.recipients_size(), 2);
  EXPECT_EQ(email.recipients(0).address(), "b@receiver.test");
  EXPECT_EQ(email.recipients(0).state(), v1::Recipient::STATE_QUEUED);
  EXPECT_GT(email.revision(), 0);
  EXPECT_EQ(email.expire_time().seconds() - email.accept_time().seconds(), 5 * 86400);
}

TEST_F(ServiceTest, BadRequestsNameEveryWrongFieldAndStoreNothing) {
  struct Case {
    const char* name;
    void (*spoil)(v1::SendEmailRequest&);
    std::vector<std::string> fields;
  };
  const Case kCases[] = {
      {"neither content nor raw", [](auto& r) { r.clear_content(); }, {"message"}},
      {"no recipient", [](auto& r) { r.mutable_content()->clear_to(); }, {"content"}},
      {"malformed address",
       [](auto& r) {
         r.mutable_content()->mutable_to(0)->mutable_mailbox()->set_address("b@@receiver.test");
       },
       {"content.to[0].mailbox.address"}},
      {"line break in address",
       [](auto& r) {
         r.mutable_content()->mutable_to(0)->mutable_mailbox()->set_address(
             "b@receiver.test\r\nDATA");
       },
       {"content.to[0].mailbox.address"}},
      {"line break in subject",
       [](auto& r) { r.mutable_content()->set_subject("a\r\nBcc: x@y.test"); },
       {"content.subject"}},
      {"line break in header",
       [](auto& r) {
         r.mutable_content()->add_headers()->set_name("X-A");
         r.mutable_content()->mutable_headers(0)->set_value("1\nX-B: 2");
       },
       {"content.headers[0].value"}},
      {"several at once",
       [](auto& r) {
         r.set_request_id("\xc3\xa9");
         r.mutable_content()->set_subject("a\nb");
         r.mutable_content()->mutable_from(0)->mutable_mailbox()->set_address("nobody");
         r.mutable_envelope()->add_forward_paths("x y@z.test");
         (*r.mutable_tags())["No Key"] = "v";
         r.mutable_retry_policy()->set_max_retries(-1);
       },
       {"request_id", "content.subject", "content.from[0].mailbox.address",
        "envelope.forward_paths[0]", "tags[No Key]", "retry_policy.max_retries"}},
      {"too large",
       [](auto& r) { r.mutable_content()->set_text(std::string(200000, 'x')); },
       {"content"}},
      {"raw too large",
       [](auto& r) {
         r.set_raw_message("From: a@b.test\r\nTo: c@d.test\r\n\r\n" + std::string(200000, '\n'));
       },
       {"raw_message"}},
      {"raw without From",
       [](auto& r) { r.set_raw_message("To: c@d.test\r\n\r\nx\r\n"); },
       {"raw_message"}},
      {"empty envelope",
       [](auto& r) { r.mutable_envelope()->set_reverse_path("a@b.test"); },
       {"envelope.forward_paths"}},
      {"twice the same recipient",
       [](auto& r) {
         r.mutable_envelope()->add_forward_paths("c@d.test");
         r.mutable_envelope()->add_forward_paths("c@D.test");
       },
       {"envelope.forward_paths[1]"}},
      {"unprintable request_id", [](auto& r) { r.set_request_id("a\nb"); }, {"request_id"}},
      {"long request_id", [](auto& r) { r.set_request_id(std::string(129, 'x')); }, {"request_id"}},
      {"far ahead",
       [](auto& r) { r.mutable_send_time()->set_seconds(253402300799); },
       {"send_time"}},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    v1::SendEmailRequest request = GoodRequest();
    c.spoil(request);
    v1::SendEmailResponse response;
    const grpc::Status status = Send(request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
    EXPECT_THAT(FieldsOf(status), IsSupersetOf(c.fields));
    EXPECT_EQ(ReasonOf(status), "FIELD_INVALID");
    EXPECT_EQ(store_->LastSequence(), 0);
  }
}

TEST_F(ServiceTest, ValidateOnlyStoresNothing) {
  v1::SendEmailRequest request = GoodRequest();
  request.set_validate_only(true);
  v1::SendEmailResponse response;
  ASSERT_TRUE(Send(request, &response).ok());
  EXPECT_EQ(response.email().email_id(), "");
  EXPECT_GT(response.email().size_bytes(), 0);
  EXPECT_EQ(store_->LastSequence(), 0);
}

TEST_F(ServiceTest, AnAuthorWithoutAKeyIsWarnedOf) {
  v1::SendEmailRequest request = GoodRequest();
  request.set_validate_only(true);
  v1::SendEmailResponse response;
  ASSERT_TRUE(Send(request, &response).ok());
  ASSERT_EQ(response.warnings_size(), 1);
  EXPECT_EQ(response.warnings(0).field(), "content.from");
  EXPECT_THAT(response.warnings(0).description(), HasSubstr("DKIM"));
}

TEST_F(ServiceTest, MailOfAnAuthorWithAKeyLeavesSignedAndIn7Bit) {
  const std::string path = ::testing::TempDir() + "/key.pem";
  std::ofstream(path) << message::DkimKey::GenerateEd25519().ToPem();
  config::v1::DkimConfig config;
  config.add_keys()->set_domain("sender.test");
  config.mutable_keys(0)->set_selector("s1");
  config.mutable_keys(0)->set_private_key_file(path);
  DkimKeys keys(config);
  ASSERT_TRUE(keys.Reload().ok());

  v1::SendEmailRequest request;
  request.set_raw_message(
      "From: a@sender.test\r\nTo: b@receiver.test\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
      "8bit\r\n\r\nGr\xc3\xbc\xc3\x9f"
      "e\r\n");
  const Submission submission =
      PrepareSubmission(request, {.limits = {}, .host_name = "mail.sender.test"}, *keys.ring(),
                        clock_.Now(), random_);
  ASSERT_TRUE(submission.violations.empty());
  EXPECT_THAT(submission.content, ::testing::StartsWith("DKIM-Signature: "));
  EXPECT_THAT(submission.content, HasSubstr("d=sender.test"));
  EXPECT_THAT(submission.content, HasSubstr("R3LDvMOfZQ0K"));
  EXPECT_FALSE(submission.email.record.is_8bit);
  EXPECT_EQ(submission.email.record.size_bytes, static_cast<int64_t>(submission.content.size()));
  for (const message::Violation& warning : submission.warnings) {
    EXPECT_THAT(warning.description, ::testing::Not(HasSubstr("DKIM")));
  }
}

TEST_F(ServiceTest, SendTimeAndRetryPolicyAreKept) {
  v1::SendEmailRequest request = GoodRequest();
  const int64_t later = absl::ToUnixSeconds(clock_.Now()) + 3600;
  request.mutable_send_time()->set_seconds(later);
  request.mutable_retry_policy()->mutable_lifetime()->set_seconds(60);
  v1::Email email;
  ASSERT_TRUE(Query(MustSend(request), &email).ok());
  EXPECT_EQ(email.recipients(0).next_attempt_time().seconds(), later);
  EXPECT_EQ(email.expire_time().seconds(), later + 60);
}

TEST_F(ServiceTest, ARepeatedRequestReturnsTheEmailAsItStands) {
  v1::SendEmailRequest request = GoodRequest({"b@receiver.test", "c@receiver.test"});
  request.set_request_id("order-17");
  v1::SendEmailResponse first;
  ASSERT_TRUE(Send(request, &first).ok());
  EXPECT_FALSE(first.replayed());
  Settle(storage::RecipientState::kDelivered, 1);

  v1::SendEmailResponse second;
  ASSERT_TRUE(Send(request, &second).ok());
  EXPECT_TRUE(second.replayed());
  EXPECT_EQ(second.email().email_id(), first.email().email_id());
  EXPECT_EQ(second.email().message_id(), first.email().message_id());
  EXPECT_EQ(second.email().recipients(0).state(), v1::Recipient::STATE_DELIVERED);
  EXPECT_EQ(second.email().recipients(1).state(), v1::Recipient::STATE_QUEUED);
  EXPECT_GT(second.email().revision(), first.email().revision());
  // Two recipients queued, one delivered.
  EXPECT_EQ(store_->LastSequence(), 3);
}

TEST_F(ServiceTest, AnswersHaveTheRevisionThatTheEmailHas) {
  v1::SendEmailResponse response;
  ASSERT_TRUE(Send(GoodRequest({"b@receiver.test", "c@receiver.test"}), &response).ok());
  EXPECT_EQ(response.email().revision(), 2);
  v1::Email email;
  ASSERT_TRUE(Query(response.email().email_id(), &email).ok());
  EXPECT_EQ(email.revision(), response.email().revision());
}

TEST_F(ServiceTest, ARequestIdBelongsToOneRequest) {
  v1::SendEmailRequest request = GoodRequest();
  request.set_request_id("order-17");
  MustSend(request);
  request.mutable_content()->set_text("Something else.\n");
  v1::SendEmailResponse response;
  const grpc::Status status = Send(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(ReasonOf(status), "REQUEST_ID_REUSED");
  EXPECT_EQ(store_->LastSequence(), 1);
}

TEST_F(ServiceTest, ARequestIdIsForgottenADayAfterTheEmailWasDue) {
  v1::SendEmailRequest request = GoodRequest();
  request.set_request_id("order-17");
  request.mutable_send_time()->set_seconds(absl::ToUnixSeconds(clock_.Now()) + 3600);
  const std::string first = MustSend(request);
  clock_.Advance(absl::Hours(24) + absl::Minutes(59));
  EXPECT_EQ(MustSend(request), first);
  clock_.Advance(absl::Minutes(2));
  EXPECT_NE(MustSend(request), first);
}

TEST_F(ServiceTest, CallsAtOnceWithOneRequestIdMakeOneEmail) {
  constexpr int kCallers = 16;
  v1::SendEmailRequest request = GoodRequest();
  request.set_request_id("order-17");
  std::vector<std::string> ids(kCallers);
  std::vector<std::thread> callers;
  for (std::string& id : ids) callers.emplace_back([&] { id = MustSend(request); });
  for (std::thread& caller : callers) caller.join();
  EXPECT_THAT(ids, ::testing::Each(ids[0]));
  EXPECT_EQ(store_->LastSequence(), 1);
}

TEST_F(ServiceTest, ACancelledEmailIsGivenUp) {
  const std::string id = MustSend(GoodRequest({"b@receiver.test", "c@receiver.test"}));
  Settle(storage::RecipientState::kDelivered, 1);
  v1::Email email;
  ASSERT_TRUE(Cancel(id, &email).ok());
  EXPECT_EQ(email.state(), v1::Email::STATE_SETTLED);
  EXPECT_EQ(email.recipients(0).state(), v1::Recipient::STATE_DELIVERED);
  EXPECT_EQ(email.recipients(1).state(), v1::Recipient::STATE_FAILED);
  EXPECT_EQ(email.recipients(1).failure_cause(), v1::FAILURE_CAUSE_CANCELLED);
  // Once more changes nothing.
  const int64_t revision = email.revision();
  ASSERT_TRUE(Cancel(id, &email).ok());
  EXPECT_EQ(email.revision(), revision);
  EXPECT_TRUE(ClaimAll().emails.empty());
}

TEST_F(ServiceTest, AnAttemptUnderWaySettlesACancelledRecipient) {
  struct Case {
    storage::RecipientState outcome;
    v1::Recipient::State state;
    v1::FailureCause cause;
  };
  const Case kCases[] = {
      {storage::RecipientState::kDelivered, v1::Recipient::STATE_DELIVERED,
       v1::FAILURE_CAUSE_UNSPECIFIED},
      // No further attempt follows.
      {storage::RecipientState::kDeferred, v1::Recipient::STATE_FAILED,
       v1::FAILURE_CAUSE_CANCELLED},
  };
  for (const Case& c : kCases) {
    const std::string id = MustSend(GoodRequest());
    const storage::DueWork attempt = ClaimAll();
    v1::Email email;
    ASSERT_TRUE(Cancel(id, &email).ok());
    EXPECT_EQ(email.recipients(0).state(), v1::Recipient::STATE_QUEUED);
    Settle(attempt, c.outcome);
    ASSERT_TRUE(Query(id, &email).ok());
    EXPECT_EQ(email.recipients(0).state(), c.state);
    EXPECT_EQ(email.recipients(0).failure_cause(), c.cause);
    EXPECT_TRUE(ClaimAll().emails.empty());
  }
}

TEST_F(ServiceTest, OnlyAKnownEmailCanBeCancelled) {
  v1::Email email;
  EXPECT_EQ(Cancel("01ARZ3NDEKTSV4RRFFQ69G5FAV", &email).error_code(), grpc::StatusCode::NOT_FOUND);
  const grpc::Status status = Cancel("", &email);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(status), ElementsAre("email_id"));
}

class SmallQueueTest : public ServiceTest {
 protected:
  SmallQueueTest() : ServiceTest({.store = storage::NewMemoryStore({.max_queued_emails = 2})}) {}
};

TEST_F(SmallQueueTest, AFullQueueRefusesUntilThereIsRoom) {
  v1::SendEmailRequest request = GoodRequest();
  request.set_request_id("first");
  MustSend(request);
  MustSend(GoodRequest());
  v1::SendEmailResponse response;
  const grpc::Status status = Send(GoodRequest(), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "QUEUE_FULL");
  // It is in the queue already.
  ASSERT_TRUE(Send(request, &response).ok());
  EXPECT_TRUE(response.replayed());
  Settle(storage::RecipientState::kDelivered, 1);
  MustSend(GoodRequest());
}

TEST_F(ServiceTest, AnUnknownEmailIsNotFound) {
  v1::Email email;
  const grpc::Status status = Query("01ARZ3NDEKTSV4RRFFQ69G5FAV", &email);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonOf(status), "EMAIL_NOT_FOUND");
}

TEST_F(ServiceTest, DialoguesTellWhoSaidWhat) {
  const auto query = [this](const std::string& email_id, v1::QueryDialoguesResponse* response) {
    grpc::ClientContext context;
    v1::QueryDialoguesRequest request;
    request.set_email_id(email_id);
    return stub_->QueryDialogues(&context, request, response);
  };
  v1::QueryDialoguesResponse response;
  const std::string id = MustSend(GoodRequest());
  ASSERT_TRUE(query(id, &response).ok());
  EXPECT_EQ(response.dialogues_size(), 0);
  const absl::Time time = absl::FromUnixMicros(1767225600250000);
  Settle(storage::RecipientState::kDeferred, 100,
         std::make_shared<const std::string>(delivery::EncodeDialogue(
             {{time, delivery::DialogueLine::Speaker::kServer, "220 mx"},
              {time, delivery::DialogueLine::Speaker::kClient, "EHLO me.test"},
              {time, delivery::DialogueLine::Speaker::kNote, "closed"}})));
  ASSERT_TRUE(query(id, &response).ok());
  ASSERT_EQ(response.dialogues_size(), 1);
  const v1::Dialogue& dialogue = response.dialogues(0);
  v1::Email email;
  ASSERT_TRUE(Query(id, &email).ok());
  EXPECT_EQ(dialogue.recipients_size(), email.recipients_size());
  EXPECT_EQ(dialogue.recipients(0), email.recipients(0).address());
  ASSERT_EQ(dialogue.lines_size(), 3);
  EXPECT_EQ(dialogue.lines(0).speaker(), v1::DialogueLine::SPEAKER_SERVER);
  EXPECT_EQ(dialogue.lines(0).text(), "220 mx");
  EXPECT_EQ(dialogue.lines(0).time().nanos(), 250000000);
  EXPECT_EQ(dialogue.lines(1).speaker(), v1::DialogueLine::SPEAKER_CLIENT);
  EXPECT_EQ(dialogue.lines(2).speaker(), v1::DialogueLine::SPEAKER_REMARK);
  EXPECT_EQ(query("nothing", &response).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(query("", &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ServiceTest, FailedAttemptsHaveTheirClass) {
  const std::string id = MustSend(GoodRequest());
  storage::Attempt attempt;
  attempt.bounce_class = storage::BounceClass::kMailboxFull;
  Settle(storage::RecipientState::kDeferred, 100, nullptr, attempt);
  v1::Email email;
  ASSERT_TRUE(Query(id, &email).ok());
  EXPECT_EQ(email.recipients(0).last_attempt().bounce_class(), v1::BOUNCE_CLASS_MAILBOX_FULL);
}

TEST_F(ServiceTest, ADrainingServerTakesNoEmail) {
  service_.StopAccepting();
  v1::SendEmailResponse response;
  const grpc::Status status = Send(GoodRequest(), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "DRAINING");
}

class WatchTest : public ServiceTest {
 protected:
  using Reader = std::unique_ptr<grpc::ClientReader<v1::WatchStatusResponse>>;

  explicit WatchTest(WatchOptions options = {.heartbeat_interval = absl::Hours(1),
                                             .max_pending_events = 4})
      : ServiceTest({.watch = options}) {}

  struct Watch {
    std::unique_ptr<grpc::ClientContext> context = std::make_unique<grpc::ClientContext>();
    Reader reader;
    v1::WatchStatusResponse Next() {
      v1::WatchStatusResponse response;
      EXPECT_TRUE(reader->Read(&response)) << "the stream ended";
      return response;
    }
    grpc::Status End() {
      v1::WatchStatusResponse response;
      while (reader->Read(&response)) {
      }
      return reader->Finish();
    }
  };

  Watch Open(const std::vector<std::string>& email_ids, const std::string& cursor = "",
             const std::map<std::string, std::string>& tags = {}) {
    v1::WatchStatusRequest request;
    for (const std::string& id : email_ids) request.add_email_ids(id);
    request.mutable_tags()->insert(tags.begin(), tags.end());
    request.set_cursor(cursor);
    Watch watch;
    watch.reader = stub_->WatchStatus(watch.context.get(), request);
    return watch;
  }
};

TEST_F(WatchTest, SnapshotThenEventsThenEnd) {
  const std::string id = MustSend(GoodRequest());
  Watch watch = Open({id});
  EXPECT_EQ(watch.Next().snapshot().recipients(0).state(), v1::Recipient::STATE_QUEUED);
  Settle(storage::RecipientState::kDeferred);
  const v1::StatusEvent deferred = watch.Next().event();
  EXPECT_EQ(deferred.recipient().state(), v1::Recipient::STATE_DEFERRED);
  EXPECT_EQ(deferred.email_state(), v1::Email::STATE_ACTIVE);
  Settle(storage::RecipientState::kDelivered);
  const v1::StatusEvent delivered = watch.Next().event();
  EXPECT_EQ(delivered.recipient().state(), v1::Recipient::STATE_DELIVERED);
  EXPECT_EQ(delivered.email_state(), v1::Email::STATE_SETTLED);
  EXPECT_GT(delivered.revision(), deferred.revision());
  EXPECT_TRUE(watch.End().ok());
}

TEST_F(WatchTest, ASettledEmailIsOneSnapshot) {
  const std::string id = MustSend(GoodRequest());
  Settle(storage::RecipientState::kFailed);
  Watch watch = Open({id});
  EXPECT_EQ(watch.Next().snapshot().state(), v1::Email::STATE_SETTLED);
  EXPECT_TRUE(watch.End().ok());
}

TEST_F(WatchTest, ResumesAfterEveryCursorWithoutGapOrRepetition) {
  const std::string first = MustSend(GoodRequest());
  const std::string second = MustSend(GoodRequest({"c@receiver.test"}));
  Watch whole = Open({first, second});
  std::vector<v1::WatchStatusResponse> steps = {whole.Next(), whole.Next()};
  for (int i = 0; i < 12; ++i) Settle(storage::RecipientState::kDeferred);
  Settle(storage::RecipientState::kDelivered);
  for (int i = 0; i < 26; ++i) steps.push_back(whole.Next());
  EXPECT_TRUE(whole.End().ok());

  for (size_t cut = 1; cut < steps.size(); ++cut) {
    SCOPED_TRACE(cut);
    Watch rest = Open({first, second}, steps[cut - 1].cursor());
    // A snapshot that was cut off comes as it stands now; events come as they were.
    if (cut == 1) EXPECT_EQ(rest.Next().snapshot().email_id(), second);
    v1::WatchStatusResponse response;
    std::vector<int64_t> revisions;
    while (rest.reader->Read(&response)) revisions.push_back(response.event().revision());
    EXPECT_TRUE(rest.reader->Finish().ok());
    std::vector<int64_t> want;
    for (size_t i = std::max<size_t>(cut, 2); i < steps.size(); ++i) {
      if (cut == 1 && steps[i].event().email_id() == second) continue;
      want.push_back(steps[i].event().revision());
    }
    EXPECT_EQ(revisions, want);
  }
}

TEST_F(WatchTest, ASlowReaderMissesNothing) {
  const std::string id = MustSend(GoodRequest());
  Watch watch = Open({id});
  watch.Next();
  // Far more than the stream may hold (4) and than the hub keeps (16).
  for (int i = 0; i < 300; ++i) Settle(storage::RecipientState::kDeferred);
  Settle(storage::RecipientState::kDelivered);
  int64_t last = 0;
  int count = 0;
  v1::WatchStatusResponse response;
  while (watch.reader->Read(&response)) {
    EXPECT_GT(response.event().revision(), last);
    last = response.event().revision();
    EXPECT_EQ(response.event().recipient().attempt_count(), ++count);
  }
  EXPECT_EQ(count, 301);
  EXPECT_TRUE(watch.reader->Finish().ok());
}

TEST_F(WatchTest, FollowsTags) {
  v1::SendEmailRequest tagged = GoodRequest();
  (*tagged.mutable_tags())["team"] = "blue";
  const std::string start = MustSend(GoodRequest());
  Watch probe = Open({start});
  const std::string cursor = probe.Next().cursor();
  probe.context->TryCancel();
  probe.End();

  Watch watch = Open({}, cursor, {{"team", "blue"}});
  MustSend(GoodRequest());
  const std::string id = MustSend(tagged);
  const v1::StatusEvent event = watch.Next().event();
  EXPECT_EQ(event.email_id(), id);
  EXPECT_EQ(event.tags().at("team"), "blue");
  EXPECT_EQ(event.recipient().state(), v1::Recipient::STATE_QUEUED);
  watch.context->TryCancel();
  EXPECT_EQ(watch.End().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(WatchTest, AnUnknownEmailIsNotFound) {
  Watch watch = Open({"01ARZ3NDEKTSV4RRFFQ69G5FAV"});
  EXPECT_EQ(watch.End().error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(WatchTest, BadCursorsAreRefused) {
  EXPECT_EQ(Open({}, "garbage").End().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Open({}, FormatCursor({"other-log", 0, 0})).End().error_code(),
            grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(Open({}, FormatCursor({store_->LogId(), 99, 0})).End().error_code(),
            grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(Open({"x"}, FormatCursor({store_->LogId(), 0, 2})).End().error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(WatchTest, DrainEndsWatchesSoThatClientsGoElsewhere) {
  const std::string id = MustSend(GoodRequest());
  Watch watch = Open({id});
  watch.Next();
  watches_.Drain();
  const grpc::Status status = watch.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "DRAINING");
  EXPECT_EQ(Open({id}).End().error_code(), grpc::StatusCode::UNAVAILABLE);
}

class HeartbeatTest : public WatchTest {
 protected:
  HeartbeatTest() : WatchTest({.heartbeat_interval = absl::Milliseconds(5)}) {}
};

TEST_F(HeartbeatTest, AQuietStreamShowsThatItLives) {
  const std::string id = MustSend(GoodRequest());
  Watch watch = Open({id});
  watch.Next();
  const v1::WatchStatusResponse heartbeat = watch.Next();
  EXPECT_TRUE(heartbeat.has_heartbeat());
  Settle(storage::RecipientState::kDelivered);
  Watch resumed = Open({id}, heartbeat.cursor());
  v1::WatchStatusResponse response = resumed.Next();
  while (response.has_heartbeat()) response = resumed.Next();
  EXPECT_EQ(response.event().recipient().state(), v1::Recipient::STATE_DELIVERED);
}

TEST_F(HeartbeatTest, ACursorMovesOnWithoutEventsOfItsOwn) {
  Watch watch = Open({}, "", {{"team", "blue"}});
  watch.Next();
  for (int i = 0; i < 5; ++i) MustSend(GoodRequest());
  while (ParseCursor(watch.Next().cursor())->sequence < 5) {
  }
  v1::SendEmailRequest tagged = GoodRequest();
  (*tagged.mutable_tags())["team"] = "blue";
  MustSend(tagged);
  v1::WatchStatusResponse response = watch.Next();
  while (response.has_heartbeat()) response = watch.Next();
  EXPECT_EQ(response.event().revision(), 6);
}

}  // namespace
}  // namespace mailstrom::server
