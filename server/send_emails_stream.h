#ifndef MAILSTROM_SERVER_SEND_EMAILS_STREAM_H_
#define MAILSTROM_SERVER_SEND_EMAILS_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/support/server_callback.h"
#include "mailstrom/v1/mailstrom_service.pb.h"
#include "server/send_emails.h"
#include "server/submitter.h"

namespace mailstrom::server {

// One SendEmails stream. Reads while there is room, hands each request to the submitter, and writes
// each answer when it comes. Owns itself until OnDone and the last answer; threads of gRPC and the
// store meet here under one lock, with one read and one write in flight at a time.
class SendEmailsStream final
    : public grpc::ServerBidiReactor<v1::SendEmailsRequest, v1::SendEmailsResponse>,
      public std::enable_shared_from_this<SendEmailsStream> {
 public:
  SendEmailsStream(Caller caller, Submitter& submitter, SendEmailsStreams& streams,
                   const SendEmailsOptions& options);

  // Begins; the stream keeps itself alive from here on.
  void Start();
  // Takes no request more, and ends with `status` once those that were taken are answered. What the
  // client had sent beyond them is not answered.
  void End(grpc::Status status);
  const Caller& caller() const { return caller_; }

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // An answer that is still to be written.
  struct Answer {
    v1::SendEmailsResponse response;
    // Of its request.
    size_t bytes = 0;
  };

  enum class Step { kWait, kRead, kWrite, kFinish };

  // Does what can be done now. Steps are taken by one thread at a time, in the order in which they
  // were decided: a read that is started after the end would be an error.
  void Run();
  Step NextStep() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Take(Step step);
  void OnResult(int64_t index, size_t bytes, Submitter::Result result);

  const Caller caller_;
  Submitter& submitter_;
  SendEmailsStreams& streams_;
  const SendEmailsOptions options_;

  // Nobody touches it while it is read into or submitted.
  v1::SendEmailsRequest request_;

  absl::Mutex mutex_;
  // Reactors belong to gRPC, which calls until OnDone.
  std::shared_ptr<SendEmailsStream> self_ ABSL_GUARDED_BY(mutex_);
  bool running_ ABSL_GUARDED_BY(mutex_) = false;
  bool run_again_ ABSL_GUARDED_BY(mutex_) = false;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool half_closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  // Requests whose answer is not yet written, and their bytes.
  int in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t in_flight_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // The front one is being written while `writing_`.
  std::deque<Answer> answers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_SEND_EMAILS_STREAM_H_
