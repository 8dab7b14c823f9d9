#include "delivery/smtp/failure.h"

#include "absl/strings/str_cat.h"

namespace mailstrom::delivery::smtp {
namespace {

Failure::Kind KindOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kDeadlineExceeded:
      return Failure::Kind::kTimeout;
    case absl::StatusCode::kInvalidArgument:
      return Failure::Kind::kProtocol;
    case absl::StatusCode::kFailedPrecondition:
      return Failure::Kind::kTls;
    default:
      return Failure::Kind::kConnection;
  }
}

}  // namespace

Failure FailureFromStatus(const absl::Status& status, storage::Phase phase,
                          absl::string_view step) {
  Failure failure;
  failure.kind = KindOf(status);
  failure.phase = phase;
  failure.description = absl::StrCat(step, ": ", status.message());
  return failure;
}

Failure FailureFromReply(const Reply& reply, storage::Phase phase, absl::string_view step) {
  Failure failure;
  failure.phase = phase;
  failure.reply = reply;
  if (reply.code >= 400) {
    failure.kind = Failure::Kind::kReply;
    failure.description = absl::StrCat(step, ": refused with ", reply.code);
  } else {
    failure.kind = Failure::Kind::kProtocol;
    failure.description = absl::StrCat(step, ": unexpected ", reply.code);
  }
  return failure;
}

}  // namespace mailstrom::delivery::smtp
