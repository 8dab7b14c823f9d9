#include "bench/load/watch_load.h"

#include <algorithm>
#include <atomic>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "bench/load/load_email.h"
#include "grpcpp/grpcpp.h"

namespace mailstrom::bench {

class WatchLoad::Watcher final : public grpc::ClientReadReactor<v1::WatchStatusResponse> {
 public:
  Watcher(Stub& stub, const WatchOptions& options, int number) {
    if (options.groups > 0) {
      (*request_.mutable_tags())[kGroupTag] = absl::StrCat(number % options.groups);
    }
    stub.async()->WatchStatus(&context_, &request_, this);
    StartRead(&response_);
    StartCall();
  }

  void Cancel() { context_.TryCancel(); }
  void AwaitEnd() { ended_.WaitForNotification(); }

  int64_t events() const { return events_; }
  bool ended() const { return ended_.HasBeenNotified(); }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (response_.has_event()) ++events_;
    StartRead(&response_);
  }

  void OnDone(const grpc::Status&) override { ended_.Notify(); }

 private:
  grpc::ClientContext context_;
  v1::WatchStatusRequest request_;
  v1::WatchStatusResponse response_;
  std::atomic<int64_t> events_ = 0;
  absl::Notification ended_;
};

WatchLoad::WatchLoad(const std::vector<std::unique_ptr<Stub>>& stubs, const WatchOptions& options) {
  for (int i = 0; i < options.watchers; ++i) {
    Stub& stub = *stubs[static_cast<size_t>(i) % stubs.size()];
    watchers_.push_back(std::make_unique<Watcher>(stub, options, i));
  }
}

WatchLoad::~WatchLoad() {
  for (const std::unique_ptr<Watcher>& watcher : watchers_) watcher->Cancel();
  for (const std::unique_ptr<Watcher>& watcher : watchers_) watcher->AwaitEnd();
}

int64_t WatchLoad::events() const {
  int64_t events = 0;
  for (const std::unique_ptr<Watcher>& watcher : watchers_) events += watcher->events();
  return events;
}

int WatchLoad::broken() const {
  return static_cast<int>(
      std::count_if(watchers_.begin(), watchers_.end(),
                    [](const std::unique_ptr<Watcher>& watcher) { return watcher->ended(); }));
}

}  // namespace mailstrom::bench
