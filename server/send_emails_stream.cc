#include "server/send_emails_stream.h"

#include <utility>
#include <variant>

#include "server/rpc_status.h"

namespace mailstrom::server {
namespace {

v1::SendEmailsResponse ToResponse(int64_t index, Submitter::Result result) {
  v1::SendEmailsResponse out;
  out.set_index(index);
  if (auto* response = std::get_if<v1::SendEmailResponse>(&result)) {
    *out.mutable_response() = std::move(*response);
  } else {
    *out.mutable_error() = std::move(std::get<v1::Error>(result));
  }
  return out;
}

}  // namespace

SendEmailsStream::SendEmailsStream(Caller caller, Submitter& submitter, SendEmailsStreams& streams,
                                   const SendEmailsOptions& options)
    : caller_(std::move(caller)), submitter_(submitter), streams_(streams), options_(options) {}

void SendEmailsStream::Start() {
  {
    absl::MutexLock lock(&mutex_);
    self_ = shared_from_this();
  }
  Run();
}

void SendEmailsStream::End(grpc::Status status) {
  {
    absl::MutexLock lock(&mutex_);
    if (!end_.has_value()) end_ = std::move(status);
  }
  Run();
}

void SendEmailsStream::OnCancel() {
  {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
  }
  Run();
}

void SendEmailsStream::OnReadDone(bool ok) {
  if (!ok) {
    {
      absl::MutexLock lock(&mutex_);
      reading_ = false;
      half_closed_ = true;
    }
    return Run();
  }
  const int64_t index = request_.index();
  const size_t bytes = request_.ByteSizeLong();
  {
    absl::MutexLock lock(&mutex_);
    // It came too late, or whoever sent it may send no more.
    if (end_.has_value()) return;
    ++in_flight_;
    in_flight_bytes_ += bytes;
  }
  submitter_.Submit(caller_, request_.request(),
                    [self = shared_from_this(), index, bytes](Submitter::Result result) {
                      self->OnResult(index, bytes, std::move(result));
                    });
  {
    absl::MutexLock lock(&mutex_);
    reading_ = false;
  }
  Run();
}

void SendEmailsStream::OnResult(int64_t index, size_t bytes, Submitter::Result result) {
  {
    absl::MutexLock lock(&mutex_);
    answers_.push_back({ToResponse(index, std::move(result)), bytes});
  }
  Run();
}

void SendEmailsStream::OnWriteDone(bool ok) {
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    --in_flight_;
    in_flight_bytes_ -= answers_.front().bytes;
    answers_.pop_front();
    if (!ok) cancelled_ = true;
  }
  Run();
}

void SendEmailsStream::OnDone() {
  streams_.Forget(this);
  std::shared_ptr<SendEmailsStream> self;
  absl::MutexLock lock(&mutex_);
  // The last reference may be this one: it must outlive the lock.
  self.swap(self_);
}

void SendEmailsStream::Run() {
  // A step may end the stream, and with it all other references.
  const std::shared_ptr<SendEmailsStream> self = shared_from_this();
  {
    absl::MutexLock lock(&mutex_);
    run_again_ = true;
    if (running_) return;
    running_ = true;
  }
  while (true) {
    Step step;
    {
      absl::MutexLock lock(&mutex_);
      step = NextStep();
      if (step == Step::kWait && !std::exchange(run_again_, false)) {
        running_ = false;
        return;
      }
    }
    Take(step);
  }
}

SendEmailsStream::Step SendEmailsStream::NextStep() {
  if (finished_) return Step::kWait;
  if (!writing_) {
    // A read under way may wait for ever, so an end does not wait for it.
    const bool is_over = in_flight_ == 0 && (half_closed_ || end_.has_value());
    if (cancelled_ || is_over) {
      finished_ = true;
      return Step::kFinish;
    }
    if (!answers_.empty()) {
      writing_ = true;
      return Step::kWrite;
    }
  }
  if (!reading_ && !half_closed_ && !end_.has_value() && !cancelled_ && HasRoom()) {
    reading_ = true;
    return Step::kRead;
  }
  return Step::kWait;
}

bool SendEmailsStream::HasRoom() const {
  return in_flight_ < options_.max_in_flight &&
         (in_flight_ == 0 || in_flight_bytes_ < options_.max_in_flight_bytes);
}

void SendEmailsStream::Take(Step step) {
  switch (step) {
    case Step::kWait:
      return;
    case Step::kRead:
      return StartRead(&request_);
    case Step::kWrite: {
      const v1::SendEmailsResponse* response;
      {
        absl::MutexLock lock(&mutex_);
        // It stays in its place until the write is done.
        response = &answers_.front().response;
      }
      return StartWrite(response);
    }
    case Step::kFinish: {
      grpc::Status status;
      {
        absl::MutexLock lock(&mutex_);
        if (cancelled_) {
          status = grpc::Status::CANCELLED;
        } else if (!half_closed_) {
          status = *end_;
        }
      }
      return Finish(status);
    }
  }
}

}  // namespace mailstrom::server
