#include "clients/cli/status_text.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

namespace mailstrom::cli {
namespace {

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

TEST(StatusTextTest, RecipientLines) {
  const struct {
    std::string recipient;
    std::string want;
  } kCases[] = {
      {R"pb(address: "b@b"
            state: STATE_QUEUED
            next_attempt_time { seconds: 5 })pb",
       "b@b QUEUED"},
      {R"pb(address: "b@b"
            state: STATE_DEFERRED
            attempt_count: 1
            next_attempt_time { seconds: 300 }
            last_attempt {
              mx_host: "mx.b"
              mx_address: "127.0.0.2"
              source_address: "127.0.0.3"
              reply { code: 450 enhanced_code: "4.2.0" text: "Greylisted\nwait" }
            })pb",
       "b@b DEFERRED after 1 attempt until 1970-01-01T00:05:00Z; "
       "450 4.2.0 Greylisted wait (mx.b [127.0.0.2] from 127.0.0.3)"},
      {R"pb(address: "b@b"
            state: STATE_DELIVERED
            attempt_count: 2
            in_doubt: true
            last_attempt {
              mx_host: "mx.b"
              tls: "TLSv1.3 X"
              reply { code: 250 text: "Ok" }
            })pb",
       "b@b DELIVERED after 2 attempts [in doubt: may arrive twice]; 250 Ok (mx.b TLSv1.3 X)"},
      {R"pb(address: "b@b"
            state: STATE_FAILED
            attempt_count: 1
            failure_cause: FAILURE_CAUSE_BAD_DOMAIN
            last_attempt { phase: PHASE_DNS description: "no such domain" })pb",
       "b@b FAILED (bad domain) after 1 attempt; no such domain"},
      {R"pb(address: "b\033[2J@b" state: STATE_QUEUED)pb", "b?[2J@b QUEUED"},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(RecipientLine(absl::FromUnixSeconds(1), "E1", Parse<v1::Recipient>(test.recipient)),
              "1970-01-01T00:00:01Z E1 " + test.want);
  }
}

TEST(StatusTextTest, StatesOfANewerServerShowTheirNumber) {
  EXPECT_EQ(StateName(static_cast<v1::Recipient::State>(99)), "STATE 99");
}

TEST(StatusTextTest, Email) {
  const auto email = Parse<v1::Email>(R"pb(
    email_id: "E1"
    message_id: "m@a"
    state: STATE_ACTIVE
    accept_time { seconds: 1 }
    expire_time { seconds: 61 }
    size_bytes: 42
    tags { key: "b" value: "2" }
    tags { key: "a" value: "1" }
    recipients { address: "x@x" state: STATE_QUEUED }
    recipients {
      address: "y@y"
      state: STATE_FAILED
      failure_cause: FAILURE_CAUSE_REJECTED
      attempt_count: 1
      last_attempt {
        mx_host: "mx.y"
        reply { code: 550 text: "No" }
      }
    }
  )pb");
  EXPECT_EQ(EmailText(email),
            "Email       E1\n"
            "Message-ID  <m@a>\n"
            "State       ACTIVE\n"
            "Accepted    1970-01-01T00:00:01Z\n"
            "Expires     1970-01-01T00:01:01Z\n"
            "Size        42 bytes\n"
            "Tags        a=1 b=2\n"
            "\n"
            "  x@x\n"
            "    QUEUED\n"
            "\n"
            "  y@y\n"
            "    FAILED (rejected) after 1 attempt\n"
            "    550 No (mx.y)\n");
}

}  // namespace
}  // namespace mailstrom::cli
