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

#include "absl/container/flat_hash_set.h"
#include "absl/time/clock.h"
#include "clients/cpp/rpc_error.h"
#include "mailstrom/v1/mailstrom_service.grpc.pb.h"

namespace mailstrom::client {
namespace {

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
  return grpc::CreateCustomChannel(options.server, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

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
      : client_(client), request_(request), deadline_(deadline), observer_(observer) {
    if (request.cursor().empty()) {
      awaited_snapshots_.insert(request.email_ids().begin(), request.email_ids().end());
    }
  }

  absl::Status Run();

 private:
  // One stream from its start to its end.
  absl::Status RunStream();
  void Receive(const v1::WatchStatusResponse& response);
  // False when the deadline leaves no time for it.
  bool Pause();

  const Client& client_;
  v1::WatchStatusRequest request_;
  const absl::Time deadline_;
  WatchObserver& observer_;
  // Emails whose present state has not come yet. A cursor is no replacement for it, so until all
  // have come the watch can only start anew.
  absl::flat_hash_set<std::string> awaited_snapshots_;
  bool answered_ = false;
  absl::Duration backoff_;
  // When the server went away; InfiniteFuture() while it answers.
  absl::Time outage_start_ = absl::InfiniteFuture();
};

absl::Status Client::WatchCall::Run() {
  backoff_ = client_.options_.initial_backoff;
  while (true) {
    const absl::Status status = RunStream();
    if (!absl::IsUnavailable(status) || !answered_) return status;
    outage_start_ = std::min(outage_start_, absl::Now());
    if (absl::Now() - outage_start_ > client_.options_.reconnect_limit) return status;
    observer_.OnReconnect(status);
    if (!Pause()) return absl::DeadlineExceededError("the server did not come back in time");
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
    }
    stream->Read(&response, tag(kRead));
  }
  if (silent) return absl::UnavailableError("the server has fallen silent");
  return FromRpcStatus(status);
}

void Client::WatchCall::Receive(const v1::WatchStatusResponse& response) {
  answered_ = true;
  outage_start_ = absl::InfiniteFuture();
  backoff_ = client_.options_.initial_backoff;
  if (response.has_snapshot()) awaited_snapshots_.erase(response.snapshot().email_id());
  if (awaited_snapshots_.empty() && !response.cursor().empty()) {
    request_.set_cursor(response.cursor());
  }
  observer_.OnResponse(response);
}

bool Client::WatchCall::Pause() {
  const absl::Duration rest = deadline_ - absl::Now();
  if (rest <= backoff_) return false;
  absl::SleepFor(backoff_);
  backoff_ = std::min(2 * backoff_, client_.options_.max_backoff);
  return true;
}

Client::Client(Options options)
    : options_(std::move(options)), connection_(std::make_unique<Connection>(options_)) {}

Client::~Client() = default;

absl::StatusOr<v1::SendEmailResponse> Client::SendEmail(const v1::SendEmailRequest& request) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + options_.call_timeout));
  v1::SendEmailResponse response;
  const grpc::Status status = connection_->stub->SendEmail(&context, request, &response);
  if (!status.ok()) return FromRpcStatus(status);
  return response;
}

absl::StatusOr<v1::Email> Client::QueryStatus(absl::string_view email_id) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + options_.call_timeout));
  v1::QueryStatusRequest request;
  request.set_email_id(std::string(email_id));
  v1::QueryStatusResponse response;
  const grpc::Status status = connection_->stub->QueryStatus(&context, request, &response);
  if (!status.ok()) return FromRpcStatus(status);
  return std::move(*response.mutable_email());
}

absl::StatusOr<v1::QueryDialoguesResponse> Client::QueryDialogues(absl::string_view email_id) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + options_.call_timeout));
  v1::QueryDialoguesRequest request;
  request.set_email_id(std::string(email_id));
  v1::QueryDialoguesResponse response;
  const grpc::Status status = connection_->stub->QueryDialogues(&context, request, &response);
  if (!status.ok()) return FromRpcStatus(status);
  return response;
}

absl::StatusOr<v1::Email> Client::CancelEmail(absl::string_view email_id) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + options_.call_timeout));
  v1::CancelEmailRequest request;
  request.set_email_id(std::string(email_id));
  v1::CancelEmailResponse response;
  const grpc::Status status = connection_->stub->CancelEmail(&context, request, &response);
  if (!status.ok()) return FromRpcStatus(status);
  return std::move(*response.mutable_email());
}

absl::StatusOr<v1::ListEmailsResponse> Client::ListEmails(const v1::ListEmailsRequest& request) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + options_.call_timeout));
  v1::ListEmailsResponse response;
  const grpc::Status status = connection_->stub->ListEmails(&context, request, &response);
  if (!status.ok()) return FromRpcStatus(status);
  return response;
}

absl::Status Client::Watch(const v1::WatchStatusRequest& request, absl::Time deadline,
                           WatchObserver& observer) {
  return WatchCall(*this, request, deadline, observer).Run();
}

}  // namespace mailstrom::client
