#include "clients/cpp/send_many.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "clients/cpp/rpc_error.h"

namespace mailstrom::client {
namespace {

constexpr int kMaxWindow = 256;
// Half of what the server takes in without having answered, for the framing and for other streams.
constexpr size_t kMaxWindowBytes = size_t{8} << 20;

// Numbers requests and keeps each until it is answered, so that a new stream can send it again.
class Window {
 public:
  explicit Window(int size) : size_(size) {}

  bool has_room() const {
    return unanswered_.size() < static_cast<size_t>(size_) && bytes_ < kMaxWindowBytes;
  }
  bool empty() const { return unanswered_.empty(); }
  // By index.
  const std::map<int64_t, v1::SendEmailsRequest>& unanswered() const { return unanswered_; }

  const v1::SendEmailsRequest& Add(v1::SendEmailRequest request) {
    v1::SendEmailsRequest& numbered = unanswered_[next_index_];
    numbered.set_index(next_index_++);
    *numbered.mutable_request() = std::move(request);
    bytes_ += numbered.ByteSizeLong();
    return numbered;
  }

  // None when its request was answered before.
  std::optional<SendOutcome> Settle(v1::SendEmailsResponse answer) {
    const auto found = unanswered_.find(answer.index());
    if (found == unanswered_.end()) return std::nullopt;
    bytes_ -= found->second.ByteSizeLong();
    SendOutcome outcome{.index = answer.index(),
                        .request = std::move(*found->second.mutable_request()),
                        .response = absl::UnknownError("the answer is empty")};
    unanswered_.erase(found);
    if (answer.has_response()) outcome.response = std::move(*answer.mutable_response());
    if (answer.has_error()) outcome.response = FromStreamError(answer.error());
    return outcome;
  }

 private:
  const int size_;
  int64_t next_index_ = 0;
  size_t bytes_ = 0;
  std::map<int64_t, v1::SendEmailsRequest> unanswered_;
};

// One call, whose answers a thread collects; the window bounds how many can wait.
class SendStream {
 public:
  explicit SendStream(v1::MailstromService::Stub& stub)
      : call_(stub.SendEmails(&context_)), reader_([this] { Collect(); }) {}

  ~SendStream() {
    context_.TryCancel();
    reader_.join();
  }

  // When the stream has broken, Receive tells how.
  void Send(const v1::SendEmailsRequest& request) { call_->Write(request); }

  bool HasAnswer() {
    absl::MutexLock lock(&mutex_);
    return !answers_.empty() || end_.has_value();
  }

  absl::StatusOr<v1::SendEmailsResponse> Receive(absl::Time deadline) {
    absl::MutexLock lock(&mutex_);
    if (!mutex_.AwaitWithDeadline(absl::Condition(this, &SendStream::HasNews), deadline)) {
      return absl::DeadlineExceededError("the server gave no answer within the time limit");
    }
    if (answers_.empty()) return *end_;
    v1::SendEmailsResponse answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }

 private:
  bool HasNews() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !answers_.empty() || end_.has_value();
  }

  void Collect() {
    v1::SendEmailsResponse answer;
    while (call_->Read(&answer)) {
      absl::MutexLock lock(&mutex_);
      answers_.push_back(std::move(answer));
    }
    absl::Status status = FromRpcStatus(call_->Finish());
    if (status.ok()) {
      status = absl::UnavailableError("the server ended the stream before its time");
    }
    absl::MutexLock lock(&mutex_);
    end_ = std::move(status);
  }

  grpc::ClientContext context_;
  const std::unique_ptr<grpc::ClientReaderWriter<v1::SendEmailsRequest, v1::SendEmailsResponse>>
      call_;
  absl::Mutex mutex_;
  std::deque<v1::SendEmailsResponse> answers_ ABSL_GUARDED_BY(mutex_);
  // Why there are no more answers.
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  std::thread reader_;
};

}  // namespace

absl::Status SendMany(v1::MailstromService::Stub& stub, const SendSource& next,
                      const SendSink& on_outcome, const SendManyOptions& options,
                      absl::Duration patience, RetryPauses pauses) {
  if (options.window < 1 || options.window > kMaxWindow) {
    return absl::InvalidArgumentError(
        absl::StrCat("window must be from 1 to ", kMaxWindow, ", not ", options.window));
  }
  Window window(options.window);
  std::unique_ptr<SendStream> stream;
  bool exhausted = false;
  absl::Time deadline = absl::Now() + patience;
  while (!exhausted || !window.empty()) {
    if (stream == nullptr) {
      stream = std::make_unique<SendStream>(stub);
      for (const auto& [index, request] : window.unanswered()) stream->Send(request);
    }
    if (!exhausted && window.has_room() && !stream->HasAnswer()) {
      const bool was_idle = window.empty();
      v1::SendEmailRequest request;
      if (next(request)) {
        EnsureRequestId(request);
        stream->Send(window.Add(std::move(request)));
      } else {
        exhausted = true;
      }
      if (was_idle) deadline = absl::Now() + patience;
      continue;
    }
    absl::StatusOr<v1::SendEmailsResponse> answer = stream->Receive(deadline);
    if (!answer.ok()) {
      stream = nullptr;
      if (!absl::IsUnavailable(answer.status()) || !pauses.Wait(deadline)) return answer.status();
      continue;
    }
    pauses.Reset();
    deadline = absl::Now() + patience;
    const std::optional<SendOutcome> outcome = window.Settle(*std::move(answer));
    if (outcome.has_value()) on_outcome(*outcome);
  }
  return absl::OkStatus();
}

void EnsureRequestId(v1::SendEmailRequest& request) {
  if (!request.request_id().empty()) return;
  absl::BitGen bits;
  request.set_request_id(absl::StrCat(absl::Hex(absl::Uniform<uint64_t>(bits), absl::kZeroPad16),
                                      absl::Hex(absl::Uniform<uint64_t>(bits), absl::kZeroPad16)));
}

}  // namespace mailstrom::client
