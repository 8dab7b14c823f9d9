#ifndef MAILSTROM_CLIENTS_CPP_CLIENT_H_
#define MAILSTROM_CLIENTS_CPP_CLIENT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "clients/cpp/send_many.h"
#include "mailstrom/v1/email.pb.h"
#include "mailstrom/v1/mailstrom_service.pb.h"

namespace grpc {
class ChannelCredentials;
}  // namespace grpc

namespace mailstrom::client {

// Credentials for an encrypted connection to a server whose certificate is verified by
// `root_certificates` (PEM), or by gRPC's own roots when they are empty. A non-empty `api_key` goes
// with every call as a bearer token. `certificates` (this client's, then those that lead to an
// authority) and `private_key`, both in PEM or both empty, show the server who calls.
std::shared_ptr<grpc::ChannelCredentials> TlsCredentials(const std::string& root_certificates = "",
                                                         const std::string& api_key = "",
                                                         const std::string& certificates = "",
                                                         const std::string& private_key = "");

// Receives what a watch brings. Called on the thread that called Client::Watch.
class WatchObserver {
 public:
  virtual ~WatchObserver() = default;
  // One step: a snapshot, an event or a heartbeat.
  virtual void OnResponse(const v1::WatchStatusResponse& response) {}
  // Whether Watch shall return, asked after each response.
  virtual bool IsDone() const { return false; }
  // The stream broke because of `cause`; the watch goes on from its cursor.
  virtual void OnReconnect(const absl::Status& cause) {}
  // Called about once a second while nothing happens.
  virtual void OnTick() {}
};

// Calls one Mailstrom server. Errors are as the server gave them (see rpc_error.h); Unavailable
// also stands for a server that cannot be reached. Thread-safe.
class Client {
 public:
  struct Options {
    // `host:port`.
    std::string server = "127.0.0.1:2626";
    // Such as TlsCredentials(); null: the connection is not encrypted.
    std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr;
    // How long any call but Watch may take, all its tries together.
    absl::Duration call_timeout = absl::Seconds(30);
    // Whether a call that the server cannot take for now (Unavailable) is tried again, as long as
    // `call_timeout` allows, with the pauses below; also a watch that has not begun.
    bool retry = true;
    // How long a watch tries to reach again a server that it had reached before.
    absl::Duration reconnect_limit = absl::Minutes(5);
    // A stream that is silent for this long is taken for dead; servers send heartbeats more often.
    absl::Duration silence_limit = absl::Minutes(1);
    // Pause before the second try; doubles up to `max_backoff` until the server answers.
    absl::Duration initial_backoff = absl::Milliseconds(100);
    absl::Duration max_backoff = absl::Seconds(5);
  };

  // Connects with the first call.
  explicit Client(Options options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Hands one email over; it is durable when this returns. A request without request_id goes with
  // a random one, so that repeating it cannot make a second email. See email.h for how to make one.
  absl::StatusOr<v1::SendEmailResponse> SendEmail(const v1::SendEmailRequest& request);

  // Hands the emails of `next` over on one stream, and tells `on_outcome` what became of each, in
  // the order of the answers; both are called on this thread. A request that is refused leaves the
  // others alone. When the stream breaks, what has no answer is sent again, without making a second
  // email. DeadlineExceeded or Unavailable: no answer came for `call_timeout`.
  absl::Status SendMany(const SendSource& next, const SendSink& on_outcome,
                        const SendManyOptions& options = {});

  absl::StatusOr<v1::Email> QueryStatus(absl::string_view email_id);

  // Gives up the recipients that are not settled; the email as it stands then.
  absl::StatusOr<v1::Email> CancelEmail(absl::string_view email_id);

  // One page; pass its next_page_token as page_token for the next one.
  absl::StatusOr<v1::ListEmailsResponse> ListEmails(const v1::ListEmailsRequest& request);

  // Calls `each` with every email that meets `request`, page after page.
  absl::Status ListAllEmails(v1::ListEmailsRequest request,
                             const std::function<void(const v1::Email&)>& each);

  // What was said in the email's last attempts, oldest first.
  absl::StatusOr<v1::QueryDialoguesResponse> QueryDialogues(absl::string_view email_id);

  // Returns the email once each recipient is delivered or failed; DeadlineExceeded at `deadline`.
  absl::StatusOr<v1::Email> WaitUntilSettled(absl::string_view email_id,
                                             absl::Time deadline = absl::InfiniteFuture());

  // Blocks until the server ends the stream (OK: all of `email_ids` are settled), `observer` is
  // done (OK), or `deadline` (DeadlineExceeded). When the server goes away, reconnects from the
  // last cursor, so that `observer` misses no event and sees none twice.
  absl::Status Watch(const v1::WatchStatusRequest& request, absl::Time deadline,
                     WatchObserver& observer);

 private:
  template <typename Method, typename Request, typename Response>
  absl::Status Call(Method method, const Request& request, Response& response);

  struct Connection;
  class WatchCall;

  const Options options_;
  const std::unique_ptr<Connection> connection_;
};

}  // namespace mailstrom::client

#endif  // MAILSTROM_CLIENTS_CPP_CLIENT_H_
