#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "bench/load/load_email.h"
#include "bench/load/load_meter.h"
#include "bench/load/load_run.h"
#include "grpcpp/alarm.h"
#include "grpcpp/grpcpp.h"

namespace mailstrom::bench {
namespace {

// Makes one call after the other until no email is left.
class Caller {
 public:
  // `running` goes down by one when the caller has done all, and needs it no more.
  Caller(Stub& stub, const LoadShape& shape, const std::string& body, LoadMeter& meter,
         absl::BlockingCounter& running)
      : stub_(stub), shape_(shape), body_(body), meter_(meter), running_(running) {}

  void Next() {
    int64_t email = 0;
    if (!meter_.Take(email)) {
      running_.DecrementCount();
      return;
    }
    request_ = LoadEmail(shape_, body_, email);
    const absl::Time due = meter_.DueTime(email);
    const absl::Time now = absl::Now();
    if (due <= now) {
      Send(due == absl::InfinitePast() ? now : due);
    } else {
      alarm_.emplace().Set(absl::ToChronoTime(due), [this, due](bool) { Send(due); });
    }
  }

 private:
  void Send(absl::Time from) {
    context_.emplace();
    stub_.async()->SendEmail(&*context_, &request_, &response_, [this, from](grpc::Status status) {
      if (status.ok()) {
        meter_.Accepted(from);
      } else {
        meter_.Failed(status.error_message());
      }
      Next();
    });
  }

  Stub& stub_;
  const LoadShape& shape_;
  const std::string& body_;
  LoadMeter& meter_;
  absl::BlockingCounter& running_;
  v1::SendEmailRequest request_;
  v1::SendEmailResponse response_;
  std::optional<grpc::ClientContext> context_;
  std::optional<grpc::Alarm> alarm_;
};

}  // namespace

LoadResult RunUnary(const std::vector<std::unique_ptr<Stub>>& stubs, const LoadOptions& options) {
  const std::string body = LoadBody(options.shape.body_bytes);
  LoadMeter meter(options.emails, options.rate);
  absl::BlockingCounter running(options.concurrency);
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < options.concurrency; ++i) {
    Stub& stub = *stubs[static_cast<size_t>(i) % stubs.size()];
    callers.push_back(std::make_unique<Caller>(stub, options.shape, body, meter, running));
  }
  for (const std::unique_ptr<Caller>& caller : callers) caller->Next();
  // The last answer is not the last that a caller does.
  running.Wait();
  return meter.Wait();
}

}  // namespace mailstrom::bench
