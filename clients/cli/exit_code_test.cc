#include "clients/cli/exit_code.h"

#include <gtest/gtest.h>

#include <vector>

namespace mailstrom::cli {
namespace {

v1::Email EmailWith(const std::vector<v1::Recipient::State>& states) {
  v1::Email email;
  for (const v1::Recipient::State state : states) email.add_recipients()->set_state(state);
  return email;
}

TEST(ExitCodeTest, ForCalls) {
  const struct {
    absl::Status status;
    ExitCode want;
  } kCases[] = {
      {absl::OkStatus(), ExitCode::kOk},
      {absl::InvalidArgumentError(""), ExitCode::kRefused},
      {absl::UnimplementedError(""), ExitCode::kRefused},
      {absl::OutOfRangeError(""), ExitCode::kRefused},
      {absl::UnavailableError(""), ExitCode::kUnavailable},
      {absl::ResourceExhaustedError(""), ExitCode::kUnavailable},
      {absl::DeadlineExceededError(""), ExitCode::kUnavailable},
      {absl::NotFoundError(""), ExitCode::kNotFound},
      {absl::InternalError(""), ExitCode::kOther},
      {absl::DataLossError(""), ExitCode::kOther},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(ExitCodeForCall(test.status), test.want) << test.status;
  }
}

TEST(ExitCodeTest, ForEmails) {
  constexpr auto kDelivered = v1::Recipient::STATE_DELIVERED;
  constexpr auto kFailed = v1::Recipient::STATE_FAILED;
  constexpr auto kDeferred = v1::Recipient::STATE_DEFERRED;
  const struct {
    std::vector<v1::Email> emails;
    ExitCode want;
  } kCases[] = {
      {{EmailWith({kDelivered, kDelivered})}, ExitCode::kOk},
      {{EmailWith({kDelivered, kFailed})}, ExitCode::kRecipientFailed},
      {{EmailWith({kDelivered}), EmailWith({kDeferred})}, ExitCode::kUnsettled},
      {{EmailWith({kDeferred}), EmailWith({kFailed})}, ExitCode::kRecipientFailed},
      {{EmailWith({v1::Recipient::STATE_UNSPECIFIED})}, ExitCode::kUnsettled},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(ExitCodeForEmails(test.emails), test.want);
  }
}

}  // namespace
}  // namespace mailstrom::cli
