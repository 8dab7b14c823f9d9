#ifndef MAILSTROM_CLIENTS_CPP_CLIENT_H_
#define MAILSTROM_CLIENTS_CPP_CLIENT_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "mailstrom/v1/email.pb.h"
#include "mailstrom/v1/mailstrom_service.pb.h"

namespace mailstrom::client {

// Receives what a watch brings. Called on the thread that called Client::Watch.
class WatchObserver {
 public:
  virtual ~WatchObserver() = default;
  // One step: a snapshot, an event or a heartbeat.
  virtual void OnResponse(const v1::WatchStatusResponse& response) = 0;
  // The stream broke because of `cause`; the watch goes on from its cursor.
  virtual void OnReconnect(const absl::Status& cause) {}
  // Called about once a second while nothing happens.
  virtual void OnTick() {}
};

// Calls one Mailstrom server over an unencrypted channel. Errors are as the server gave them (see
// rpc_error.h); Unavailable also stands for a server that cannot be reached. Thread-safe.
class Client {
 public:
  struct Options {
    // `host:port`.
    std::string server = "127.0.0.1:2626";
    // How long any call but Watch may take.
    absl::Duration call_timeout = absl::Seconds(30);
    // How long a watch tries to reach again a server that it had reached before.
    absl::Duration reconnect_limit = absl::Minutes(5);
    // A stream that is silent for this long is taken for dead; servers send heartbeats more often.
    absl::Duration silence_limit = absl::Minutes(1);
    // Delay before the first reconnection; doubles up to `max_backoff` until the server answers.
    absl::Duration initial_backoff = absl::Milliseconds(100);
    absl::Duration max_backoff = absl::Seconds(2);
  };

  // Connects with the first call.
  explicit Client(Options options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Not retried here. With a request_id, a caller may repeat it after Unavailable or
  // DeadlineExceeded; without one, an answer that got lost could mean a second email.
  absl::StatusOr<v1::SendEmailResponse> SendEmail(const v1::SendEmailRequest& request);

  absl::StatusOr<v1::Email> QueryStatus(absl::string_view email_id);

  // Gives up the recipients that are not settled; the email as it stands then.
  absl::StatusOr<v1::Email> CancelEmail(absl::string_view email_id);

  // One page; pass its next_page_token as page_token for the next one.
  absl::StatusOr<v1::ListEmailsResponse> ListEmails(const v1::ListEmailsRequest& request);

  // What was said in the email's last attempts, oldest first.
  absl::StatusOr<v1::QueryDialoguesResponse> QueryDialogues(absl::string_view email_id);

  // Blocks until the server ends the stream (OK: all of `email_ids` are settled), or `deadline`
  // (DeadlineExceeded). When the server goes away after its first response, reconnects from
  // the last cursor, so that `observer` misses no event.
  absl::Status Watch(const v1::WatchStatusRequest& request, absl::Time deadline,
                     WatchObserver& observer);

 private:
  struct Connection;
  class WatchCall;

  const Options options_;
  const std::unique_ptr<Connection> connection_;
};

}  // namespace mailstrom::client

#endif  // MAILSTROM_CLIENTS_CPP_CLIENT_H_
