#ifndef MAILSTROM_SERVER_SERVICE_H_
#define MAILSTROM_SERVER_SERVICE_H_

#include "base/clock.h"
#include "base/random_source.h"
#include "mailstrom/v1/mailstrom_service.grpc.pb.h"
#include "server/access_control.h"
#include "server/dkim_keys.h"
#include "server/send_emails.h"
#include "server/submission.h"
#include "server/submission_observer.h"
#include "server/submitter.h"
#include "server/watch_status.h"
#include "storage/store.h"

namespace mailstrom::server {

// The public API over a store, to whom it is open and as far as it is. Reactions never block: what
// takes time is the store's, which calls back. Thread-safe.
class Service final : public v1::MailstromService::CallbackService {
 public:
  // All arguments must outlive the gRPC server that this is registered with; `observer` may be
  // null.
  Service(storage::Store& store, WatchStreams& watches, const Clock& clock, RandomSource& random,
          DkimKeys& keys, AccessControl& access, SubmissionOptions options,
          SendEmailsOptions stream_options = {}, SubmissionObserver* observer = nullptr);

  // Ends the streams of callers who would be let in no more: the access file has changed, or their
  // credentials are over. Checks the credentials of every open stream.
  void EndStreamsNotAdmitted();

  // From now on no email is taken: SendEmail is refused with UNAVAILABLE and the reason DRAINING,
  // and SendEmails ends with it once what was read is answered. The rest goes on.
  void StopAccepting();

  grpc::ServerUnaryReactor* SendEmail(grpc::CallbackServerContext* context,
                                      const v1::SendEmailRequest* request,
                                      v1::SendEmailResponse* response) override;
  grpc::ServerUnaryReactor* QueryStatus(grpc::CallbackServerContext* context,
                                        const v1::QueryStatusRequest* request,
                                        v1::QueryStatusResponse* response) override;
  grpc::ServerUnaryReactor* QueryDialogues(grpc::CallbackServerContext* context,
                                           const v1::QueryDialoguesRequest* request,
                                           v1::QueryDialoguesResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchStatusResponse>* WatchStatus(
      grpc::CallbackServerContext* context, const v1::WatchStatusRequest* request) override;
  grpc::ServerBidiReactor<v1::SendEmailsRequest, v1::SendEmailsResponse>* SendEmails(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* CancelEmail(grpc::CallbackServerContext* context,
                                        const v1::CancelEmailRequest* request,
                                        v1::CancelEmailResponse* response) override;
  grpc::ServerUnaryReactor* ListEmails(grpc::CallbackServerContext* context,
                                       const v1::ListEmailsRequest* request,
                                       v1::ListEmailsResponse* response) override;

 private:
  storage::Store& store_;
  WatchStreams& watches_;
  const Clock& clock_;
  AccessControl& access_;
  Submitter submitter_;
  SendEmailsStreams send_streams_;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_SERVICE_H_
