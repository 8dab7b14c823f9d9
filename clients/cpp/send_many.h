#ifndef MAILSTROM_CLIENTS_CPP_SEND_MANY_H_
#define MAILSTROM_CLIENTS_CPP_SEND_MANY_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "clients/cpp/retry_pauses.h"
#include "mailstrom/v1/mailstrom_service.grpc.pb.h"

namespace mailstrom::client {

// What became of one request of a stream.
struct SendOutcome {
  // The place of the request, counted from 0.
  int64_t index = 0;
  // As it went, with its request_id.
  v1::SendEmailRequest request;
  // An error: it was refused, and nothing was stored.
  absl::StatusOr<v1::SendEmailResponse> response;
};

// Fills in the next request; false when there is none.
using SendSource = std::function<bool(v1::SendEmailRequest& request)>;
using SendSink = std::function<void(const SendOutcome& outcome)>;

struct SendManyOptions {
  // How many requests may be taken ahead of their outcomes, 1 to 256.
  int window = 128;
};

// Client::SendMany on a stub. `patience`: how long to wait for an answer.
absl::Status SendMany(v1::MailstromService::Stub& stub, const SendSource& next,
                      const SendSink& on_outcome, const SendManyOptions& options,
                      absl::Duration patience, RetryPauses pauses);

// Gives a request without request_id a random one, so that it may be sent again without fear of a
// second email.
void EnsureRequestId(v1::SendEmailRequest& request);

}  // namespace mailstrom::client

#endif  // MAILSTROM_CLIENTS_CPP_SEND_MANY_H_
