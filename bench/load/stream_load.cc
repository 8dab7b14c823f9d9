#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "bench/load/load_email.h"
#include "bench/load/load_meter.h"
#include "bench/load/load_run.h"
#include "grpcpp/grpcpp.h"

namespace mailstrom::bench {
namespace {

// One SendEmails stream that keeps up to `window` emails without an answer.
class Stream final : public grpc::ClientBidiReactor<v1::SendEmailsRequest, v1::SendEmailsResponse> {
 public:
  Stream(Stub& stub, const LoadOptions& options, const std::string& body, int window,
         LoadMeter& meter)
      : options_(options), body_(body), window_(window), meter_(meter) {
    stub.async()->SendEmails(&context_, this);
    StartRead(&response_);
    AddHold();  // For writes, which start outside of reactions.
    StartCall();
    Write();
  }

  void OnWriteDone(bool ok) override {
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
      if (!ok) broken_ = true;
    }
    Write();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    absl::Time from;
    {
      absl::MutexLock lock(&mutex_);
      const auto sent = sent_.extract(response_.index());
      from = sent.mapped();
    }
    if (response_.has_response()) {
      meter_.Accepted(from);
    } else {
      meter_.Failed(response_.error().message());
    }
    StartRead(&response_);
    Write();
  }

  void OnDone(const grpc::Status& status) override {
    int64_t unanswered = 0;
    {
      absl::MutexLock lock(&mutex_);
      unanswered = static_cast<int64_t>(sent_.size());
    }
    for (; unanswered > 0; --unanswered) meter_.Failed(status.error_message());
    done_.Notify();
  }

  void Join() { done_.WaitForNotification(); }

 private:
  // Writes the next email, or ends the stream, if it is the time for it.
  void Write() {
    absl::MutexLock lock(&mutex_);
    if (writing_ || ended_) return;
    if (!broken_ && static_cast<int>(sent_.size()) >= window_) return;
    int64_t email = 0;
    if (broken_ || !meter_.Take(email)) {
      ended_ = true;
      if (!broken_) StartWritesDone();
      RemoveHold();
      return;
    }
    request_.set_index(email);
    *request_.mutable_request() = LoadEmail(options_.shape, body_, email);
    sent_.emplace(email, absl::Now());
    writing_ = true;
    StartWrite(&request_);
  }

  const LoadOptions& options_;
  const std::string& body_;
  const int window_;
  LoadMeter& meter_;
  grpc::ClientContext context_;
  v1::SendEmailsRequest request_;
  v1::SendEmailsResponse response_;
  absl::Notification done_;
  absl::Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::unordered_map<int64_t, absl::Time> sent_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

LoadResult RunStreams(const std::vector<std::unique_ptr<Stub>>& stubs, const LoadOptions& options) {
  const std::string body = LoadBody(options.shape.body_bytes);
  LoadMeter meter(options.emails, /*rate=*/0);
  const int window = std::max(1, options.concurrency / static_cast<int>(stubs.size()));
  std::vector<std::unique_ptr<Stream>> streams;
  for (const std::unique_ptr<Stub>& stub : stubs) {
    streams.push_back(std::make_unique<Stream>(*stub, options, body, window, meter));
  }
  for (const std::unique_ptr<Stream>& stream : streams) stream->Join();
  // What no stream took because all broke.
  for (int64_t email = 0; meter.Take(email);) meter.Failed("no stream is left");
  return meter.Wait();
}

}  // namespace mailstrom::bench
