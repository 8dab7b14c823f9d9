#include "server/event_log/event_line.h"

#include <string>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailstrom::server {
namespace {

using storage::FailureCause;
using storage::RecipientState;
using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kTime = absl::FromUnixMillis(1767323045678);

storage::Event NewEvent(RecipientState state) {
  storage::Event event;
  event.sequence = 7;
  event.email_id = "01J";
  event.recipient_index = 2;
  event.event_time = kTime;
  event.recipient.address = "ann@example.com";
  event.recipient.state = state;
  event.recipient.next_attempt_time = kTime + absl::Seconds(5);
  return event;
}

storage::Attempt NewAttempt() {
  storage::Attempt attempt;
  attempt.start_time = kTime - absl::Milliseconds(1500);
  attempt.end_time = kTime;
  attempt.phase = storage::Phase::kRcpt;
  attempt.mx_host = "mx.example.com";
  attempt.mx_address = "192.0.2.1";
  attempt.source_address = "192.0.2.9";
  attempt.tls = "TLSv1.3 TLS_AES_256_GCM_SHA384";
  attempt.reply = storage::Reply{450, "4.2.0", "ann@example.com is greylisted"};
  attempt.description = "ann@example.com is greylisted";
  attempt.bounce_class = storage::BounceClass::kGreylisting;
  return attempt;
}

TEST(EventLineTest, SaysWhatWasAccepted) {
  EXPECT_EQ(EventLine(NewEvent(RecipientState::kQueued)),
            R"({"time":"2026-01-02T03:04:05.678Z","level":"info","event":"accepted",)"
            R"("email_id":"01J","recipient":2,"domain":"example.com","revision":7,)"
            R"("next_attempt_time":"2026-01-02T03:04:10.678Z"})");
}

TEST(EventLineTest, SaysHowAnAttemptEnded) {
  storage::Event event = NewEvent(RecipientState::kDeferred);
  event.recipient.attempt_count = 3;
  event.recipient.last_attempt = NewAttempt();
  event.recipient.in_doubt = true;
  EXPECT_EQ(EventLine(event),
            R"({"time":"2026-01-02T03:04:05.678Z","level":"info","event":"deferred",)"
            R"("email_id":"01J","recipient":2,"domain":"example.com","revision":7,"attempt":3,)"
            R"("phase":"rcpt","mx_host":"mx.example.com","mx_address":"192.0.2.1",)"
            R"("source_address":"192.0.2.9","tls":"TLSv1.3 TLS_AES_256_GCM_SHA384",)"
            R"("reply_code":450,"enhanced_code":"4.2.0","bounce_class":"greylisting",)"
            R"("duration_ms":1500,"next_attempt_time":"2026-01-02T03:04:10.678Z",)"
            R"("in_doubt":true})");
}

TEST(EventLineTest, NamesTheTraceAndTheTenant) {
  storage::Event event = NewEvent(RecipientState::kDelivered);
  EXPECT_THAT(EventLine(event), Not(HasSubstr("trace_id")));
  event.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  event.tenant = "shop";
  EXPECT_THAT(EventLine(event),
              HasSubstr(R"("tenant":"shop","trace_id":"0af7651916cd43dd8448eb211c80319c"})"));
}

TEST(EventLineTest, NamesTheEvent) {
  struct Case {
    RecipientState state;
    FailureCause cause;
    const char* want;
  };
  for (const Case& c : {
           Case{RecipientState::kQueued, FailureCause::kNone, "accepted"},
           Case{RecipientState::kDeferred, FailureCause::kNone, "deferred"},
           Case{RecipientState::kDelivered, FailureCause::kNone, "delivered"},
           Case{RecipientState::kFailed, FailureCause::kRejected, "failed"},
           Case{RecipientState::kFailed, FailureCause::kBadDomain, "failed"},
           Case{RecipientState::kFailed, FailureCause::kExpired, "expired"},
           Case{RecipientState::kFailed, FailureCause::kCancelled, "cancelled"},
       }) {
    storage::Event event = NewEvent(c.state);
    event.recipient.failure_cause = c.cause;
    event.email_settled = true;
    const std::string line = EventLine(event);
    EXPECT_THAT(line, HasSubstr(std::string(R"("event":")") + c.want + '"'));
    EXPECT_THAT(line, HasSubstr(R"("email_settled":true)"));
  }
}

TEST(EventLineTest, HasNoAddress) {
  storage::Event event = NewEvent(RecipientState::kFailed);
  event.recipient.last_attempt = NewAttempt();
  for (const char* address : {"ann@example.com", "\"a n@n\"@example.com", "ann"}) {
    event.recipient.address = address;
    EXPECT_THAT(EventLine(event), Not(HasSubstr("ann")));
    EXPECT_THAT(EventLine(event), Not(HasSubstr("a n")));
  }
}

TEST(EventLineTest, AClockThatIsSetBackMakesNoNegativeDuration) {
  storage::Event event = NewEvent(RecipientState::kDelivered);
  event.recipient.last_attempt = NewAttempt();
  event.recipient.last_attempt->end_time = kTime - absl::Hours(1);
  EXPECT_THAT(EventLine(event), HasSubstr(R"("duration_ms":0)"));
}

}  // namespace
}  // namespace mailstrom::server
