#include "clients/cpp/client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "clients/cpp/retry_pauses.h"
#include "clients/cpp/rpc_error.h"
#include "mailstrom/v1/mailstrom_service.grpc.pb.h"

namespace mailstrom::client {
namespace {

using Stub = v1::MailstromService::Stub;

constexpr absl::Duration kTick = absl::Seconds(1);

std::shared_ptr<grpc::Channel> OpenChannel(const Client::Options& options) {
  grpc::ChannelArguments arguments;
  // The status of an email with a thousand recipients is larger than gRPC's default limit allows.
  arguments.SetMaxReceiveMessageSize(-1);
  // The channel's own pauses, before it connects and before it looks the name up again, must not
  // outlast ours.
  const int backoff_ms = static_cast<int>(absl::ToInt64Milliseconds(options.max_backoff));
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, std::max(backoff_ms, 100));
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 100);
  const auto credentials =
      options.credentials != nullptr ? options.credentials : grpc::InsecureChannelCredentials();
  return grpc::CreateCustomChannel(options.server, credentials, arguments);
}

}  // namespace

std::shared_ptr<grpc::ChannelCredentials> TlsCredentials(const std::string& root_certificates,
                                                         const std::string& api_key,
                                                         const std::string& certificates,
                                                         const std::string& private_key) {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = root_certificates;
  options.pem_cert_chain = certificates;
  options.pem_private_key = private_key;
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::SslCredentials(options);
  if (api_key.empty()) return credentials;
  return grpc::CompositeChannelCredentials(credentials, grpc::AccessTokenCredentials(api_key));
}

struct Client::Connection {
  explicit Connection(const Options& options)
      : stub(v1::MailstromService::NewStub(OpenChannel(options))) {}
  const std::unique_ptr<v1::MailstromService::Stub> stub;
};

// A watch across all its streams.
class Client::WatchCall {
 public:
  WatchCall(const Client& client, const v1::WatchStatusRequest& request, absl::Time deadline,
            WatchObserver& observer)
      : client_(client),
        request_(request),
        deadline_(deadline),
        observer_(observer),
        pauses_(client.options_.initial_backoff, client.options_.max_backoff) {}

  absl::Status Run();

 private:
  // One stream from its start to its end.
  absl::Status RunStream();
  void Receive(const v1::WatchStatusResponse& response);
  // False when an earlier one has shown it.
  bool IsNews(const v1::WatchStatusResponse& response);

  const Client& client_;
  v1::WatchStatusRequest request_;
  const absl::Time deadline_;
  WatchObserver& observer_;
  // Last revision shown of each of the email_ids, which bounds it.
  absl::flat_hash_map<std::string, int64_t> revisions_;
  bool answered_ = false;
  RetryPauses pauses_;
  // When the server went away; InfiniteFuture() while it answers.
  absl::Time outage_start_ = absl::InfiniteFuture();
};

absl::Status Client::WatchCall::Run() {
  const Options& options = client_.options_;
  outage_start_ = absl::Now();
  while (true) {
    const absl::Status status = RunStream();
    if (!absl::IsUnavailable(status) || observer_.IsDone()) return status;
    if (!answered_ && !options.retry) return status;
    outage_start_ = std::min(outage_start_, absl::Now());
    const absl::Time patience =
        outage_start_ + (answered_ ? options.reconnect_limit : options.call_timeout);
    if (answered_) observer_.OnReconnect(status);
    if (!pauses_.Wait(std::min(patience, deadline_))) {
      if (patience <= deadline_) return status;
      return absl::DeadlineExceededError("the server did not come back in time");
    }
  }
}

absl::Status Client::WatchCall::RunStream() {
  grpc::ClientContext context;
  if (deadline_ < absl::InfiniteFuture()) context.set_deadline(absl::ToChronoTime(deadline_));
  grpc::CompletionQueue queue;
  auto stream = client_.connection_->stub->PrepareAsyncWatchStatus(&context, request_, &queue);
  v1::WatchStatusResponse response;
  grpc::Status status;
  enum Step : intptr_t { kStart = 1, kRead, kFinish };
  const auto tag = [](Step step) { return reinterpret_cast<void*>(step); };
  stream->StartCall(tag(kStart));
  absl::Time last_news = absl::Now();
  bool silent = false;
  // One operation is under way at any time, so the loop ends with the only kFinish.
  while (true) {
    void* done = nullptr;
    bool ok = false;
    if (queue.AsyncNext(&done, &ok, absl::ToChronoTime(absl::Now() + kTick)) ==
        grpc::CompletionQueue::TIMEOUT) {
      observer_.OnTick();
      if (absl::Now() - last_news > client_.options_.silence_limit) {
        silent = true;
        context.TryCancel();
      }
      continue;
    }
    if (done == tag(kFinish)) break;
    if (!ok) {
      stream->Finish(&status, tag(kFinish));
      continue;
    }
    if (done == tag(kRead)) {
      last_news = absl::Now();
      Receive(response);
      // The read that follows fails then, and the call ends.
      if (observer_.IsDone()) context.TryCancel();
    }
    stream->Read(&response, tag(kRead));
  }
  if (observer_.IsDone()) return absl::OkStatus();
  if (silent) return absl::UnavailableError("the server has fallen silent");
  return FromRpcStatus(status);
}

void Client::WatchCall::Receive(const v1::WatchStatusResponse& response) {
  answered_ = true;
  outage_start_ = absl::InfiniteFuture();
  pauses_.Reset();
  if (!response.cursor().empty()) request_.set_cursor(response.cursor());
  if (IsNews(response)) observer_.OnResponse(response);
}

bool Client::WatchCall::IsNews(const v1::WatchStatusResponse& response) {
  if (request_.email_ids().empty()) return true;
  if (response.has_snapshot()) {
    revisions_[response.snapshot().email_id()] = response.snapshot().revision();
  }
  if (!response.has_event()) return true;
  // After a snapshot the log may show again what the snapshot showed.
  int64_t& last = revisions_[response.event().email_id()];
  if (response.event().revision() <= last) return false;
  last = response.event().revision();
  return true;
}

Client::Client(Options options)
    : options_(std::move(options)), connection_(std::make_unique<Connection>(options_)) {}

Client::~Client() = default;

template <typename Method, typename Request, typename Response>
absl::Status Client::Call(Method method, const Request& request, Response& response) {
  const absl::Time deadline = absl::Now() + options_.call_timeout;
  RetryPauses pauses(options_.initial_backoff, options_.max_backoff);
  while (true) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline));
    const absl::Status status =
        FromRpcStatus((connection_->stub.get()->*method)(&context, request, &response));
    if (!absl::IsUnavailable(status) || !options_.retry || !pauses.Wait(deadline)) return status;
  }
}

absl::StatusOr<v1::SendEmailResponse> Client::SendEmail(const v1::SendEmailRequest& request) {
  v1::SendEmailResponse response;
  v1::SendEmailRequest named = request;
  EnsureRequestId(named);
  RETURN_IF_ERROR(Call(&Stub::SendEmail, named, response));
  return response;
}

absl::Status Client::SendMany(const SendSource& next, const SendSink& on_outcome,
                              const SendManyOptions& options) {
  return client::SendMany(*connection_->stub, next, on_outcome, options, options_.call_timeout,
                          RetryPauses(options_.initial_backoff, options_.max_backoff));
}

absl::StatusOr<v1::Email> Client::QueryStatus(absl::string_view email_id) {
  v1::QueryStatusRequest request;
  request.set_email_id(std::string(email_id));
  v1::QueryStatusResponse response;
  RETURN_IF_ERROR(Call(&Stub::QueryStatus, request, response));
  return std::move(*response.mutable_email());
}

absl::StatusOr<v1::QueryDialoguesResponse> Client::QueryDialogues(absl::string_view email_id) {
  v1::QueryDialoguesRequest request;
  request.set_email_id(std::string(email_id));
  v1::QueryDialoguesResponse response;
  RETURN_IF_ERROR(Call(&Stub::QueryDialogues, request, response));
  return response;
}

absl::StatusOr<v1::Email> Client::CancelEmail(absl::string_view email_id) {
  v1::CancelEmailRequest request;
  request.set_email_id(std::string(email_id));
  v1::CancelEmailResponse response;
  RETURN_IF_ERROR(Call(&Stub::CancelEmail, request, response));
  return std::move(*response.mutable_email());
}

absl::StatusOr<v1::ListEmailsResponse> Client::ListEmails(const v1::ListEmailsRequest& request) {
  v1::ListEmailsResponse response;
  RETURN_IF_ERROR(Call(&Stub::ListEmails, request, response));
  return response;
}

absl::Status Client::ListAllEmails(v1::ListEmailsRequest request,
                                   const std::function<void(const v1::Email&)>& each) {
  do {
    ASSIGN_OR_RETURN(const v1::ListEmailsResponse page, ListEmails(request));
    for (const v1::Email& email : page.emails()) each(email);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

absl::StatusOr<v1::Email> Client::WaitUntilSettled(absl::string_view email_id,
                                                   absl::Time deadline) {
  v1::WatchStatusRequest request;
  request.add_email_ids(std::string(email_id));
  WatchObserver unheard;
  RETURN_IF_ERROR(Watch(request, deadline, unheard));
  return QueryStatus(email_id);
}

absl::Status Client::Watch(const v1::WatchStatusRequest& request, absl::Time deadline,
                           WatchObserver& observer) {
  return WatchCall(*this, request, deadline, observer).Run();
}

}  // namespace mailstrom::client
