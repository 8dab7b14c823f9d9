#include "server/send_emails.h"

#include <memory>
#include <utility>
#include <vector>

#include "server/rpc_status.h"
#include "server/send_emails_stream.h"

namespace mailstrom::server {
namespace {

grpc::Status Draining() {
  return ToRpcStatus(MakeError(grpc::StatusCode::UNAVAILABLE, "the server is stopping",
                               v1::ERROR_REASON_DRAINING));
}

}  // namespace

SendEmailsStreams::SendEmailsStreams(Submitter& submitter, SendEmailsOptions options)
    : submitter_(submitter), options_(options) {}

SendEmailsStreams::~SendEmailsStreams() = default;

grpc::ServerBidiReactor<v1::SendEmailsRequest, v1::SendEmailsResponse>* SendEmailsStreams::Start(
    Caller caller) {
  auto stream = std::make_shared<SendEmailsStream>(std::move(caller), submitter_, *this, options_);
  bool draining;
  {
    absl::MutexLock lock(&mutex_);
    streams_[stream.get()] = stream;
    draining = draining_;
  }
  stream->Start();
  if (draining) stream->End(Draining());
  return stream.get();
}

void SendEmailsStreams::Drain() {
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
  }
  for (const auto& stream : All()) stream->End(Draining());
}

void SendEmailsStreams::EndUnless(absl::FunctionRef<bool(const Caller& caller)> may_go_on) {
  for (const auto& stream : All()) {
    if (!may_go_on(stream->caller())) stream->End(ToRpcStatus(MakeCredentialsEndedError()));
  }
}

std::vector<std::shared_ptr<SendEmailsStream>> SendEmailsStreams::All() const {
  std::vector<std::shared_ptr<SendEmailsStream>> streams;
  absl::MutexLock lock(&mutex_);
  for (const auto& [key, weak] : streams_) {
    if (auto stream = weak.lock()) streams.push_back(std::move(stream));
  }
  return streams;
}

void SendEmailsStreams::Forget(const SendEmailsStream* stream) {
  absl::MutexLock lock(&mutex_);
  streams_.erase(stream);
}

}  // namespace mailstrom::server
