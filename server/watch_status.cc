#include "server/watch_status.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/cursor.h"
#include "server/request_validator.h"
#include "server/rpc_status.h"
#include "server/watch_stream.h"

namespace mailstrom::server {
namespace {

// A stream that ends before it began.
class RefusedWatch final : public grpc::ServerWriteReactor<v1::WatchStatusResponse> {
 public:
  explicit RefusedWatch(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

grpc::Status Draining() {
  return ToRpcStatus(MakeError(grpc::StatusCode::UNAVAILABLE, "the server is stopping",
                               v1::ERROR_REASON_DRAINING));
}

grpc::Status CursorOutOfRange() {
  return ToRpcStatus(MakeError(grpc::StatusCode::OUT_OF_RANGE,
                               "the cursor belongs to another event log",
                               v1::ERROR_REASON_CURSOR_INVALID));
}

}  // namespace

WatchStreams::WatchStreams(storage::Store& store, StatusHub& hub, WatchOptions options)
    : store_(store), hub_(hub), options_(options), runs_(store, options.cache) {}

WatchStreams::~WatchStreams() = default;

grpc::ServerWriteReactor<v1::WatchStatusResponse>* WatchStreams::Start(
    const v1::WatchStatusRequest& request, Caller caller) {
  std::vector<message::Violation> violations = ValidateWatch(request);
  std::optional<Cursor> resume_after;
  if (!request.cursor().empty()) {
    absl::StatusOr<Cursor> cursor = ParseCursor(request.cursor());
    if (!cursor.ok()) {
      violations.push_back({"cursor", std::string(cursor.status().message())});
    } else if (!request.email_ids().empty() && cursor->snapshots > request.email_ids_size()) {
      violations.push_back({"cursor", "belongs to a watch of other emails"});
    } else {
      resume_after = *std::move(cursor);
    }
  }
  if (!violations.empty()) return new RefusedWatch(ToRpcStatus(MakeFieldError(violations)));

  const std::string log_id = store_.LogId();
  const int64_t now = store_.LastSequence();
  if (resume_after.has_value() &&
      (resume_after->log_id != log_id || resume_after->sequence > now)) {
    return new RefusedWatch(CursorOutOfRange());
  }
  auto stream = std::make_shared<WatchStream>(request, std::move(caller), std::move(resume_after),
                                              log_id, now, store_, hub_, runs_, *this, options_);
  {
    absl::MutexLock lock(&mutex_);
    if (draining_) return new RefusedWatch(Draining());
    streams_[stream.get()] = stream;
  }
  stream->Start();
  return stream.get();
}

void WatchStreams::Drain() {
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
  }
  for (const auto& stream : All()) stream->End(Draining());
}

void WatchStreams::EndUnless(absl::FunctionRef<bool(const Caller& caller)> may_go_on) {
  for (const auto& stream : All()) {
    if (!may_go_on(stream->caller())) stream->End(ToRpcStatus(MakeCredentialsEndedError()));
  }
}

std::vector<std::shared_ptr<WatchStream>> WatchStreams::All() const {
  std::vector<std::shared_ptr<WatchStream>> streams;
  absl::MutexLock lock(&mutex_);
  for (const auto& [key, weak] : streams_) {
    if (auto stream = weak.lock()) streams.push_back(std::move(stream));
  }
  return streams;
}

size_t WatchStreams::size() const {
  absl::MutexLock lock(&mutex_);
  return streams_.size();
}

void WatchStreams::Forget(const WatchStream* stream) {
  absl::MutexLock lock(&mutex_);
  streams_.erase(stream);
}

}  // namespace mailstrom::server
