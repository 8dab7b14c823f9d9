#ifndef MAILSTROM_SERVER_SEND_EMAILS_H_
#define MAILSTROM_SERVER_SEND_EMAILS_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/support/server_callback.h"
#include "mailstrom/v1/mailstrom_service.pb.h"
#include "server/caller.h"
#include "server/submitter.h"

namespace mailstrom::server {

class SendEmailsStream;

// How much of one stream is taken in before it is answered. A client that sends faster, or that
// does not read its answers, is held back by flow control.
struct SendEmailsOptions {
  int max_in_flight = 256;
  // Of requests; one request alone may be larger.
  size_t max_in_flight_bytes = size_t{16} << 20;
};

// Starts SendEmails streams and ends them when the server stops. Thread-safe.
class SendEmailsStreams {
 public:
  // `submitter` must outlive all streams.
  SendEmailsStreams(Submitter& submitter, SendEmailsOptions options);
  // No stream may be left.
  ~SendEmailsStreams();

  // The reactor of a new stream; it goes away by itself after its end. `caller`: see Submitter.
  grpc::ServerBidiReactor<v1::SendEmailsRequest, v1::SendEmailsResponse>* Start(Caller caller);

  // All streams, present and future, read no more, answer what they have read, and end with
  // UNAVAILABLE and the reason DRAINING.
  void Drain();
  // Ends the streams of callers who may not go on, with UNAUTHENTICATED, once what they sent is
  // answered.
  void EndUnless(absl::FunctionRef<bool(const Caller& caller)> may_go_on);

 private:
  std::vector<std::shared_ptr<SendEmailsStream>> All() const;

  friend class SendEmailsStream;
  void Forget(const SendEmailsStream* stream);

  Submitter& submitter_;
  const SendEmailsOptions options_;

  mutable absl::Mutex mutex_;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<const SendEmailsStream*, std::weak_ptr<SendEmailsStream>> streams_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_SEND_EMAILS_H_
