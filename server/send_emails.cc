#include "server/send_emails.h"

#include <utility>
#include <vector>

#include "server/send_emails_stream.h"

namespace mailstrom::server {

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
  if (draining) stream->Drain();
  return stream.get();
}

void SendEmailsStreams::Drain() {
  std::vector<std::shared_ptr<SendEmailsStream>> streams;
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
    for (const auto& [key, weak] : streams_) {
      if (auto stream = weak.lock()) streams.push_back(std::move(stream));
    }
  }
  for (const auto& stream : streams) stream->Drain();
}

void SendEmailsStreams::Forget(const SendEmailsStream* stream) {
  absl::MutexLock lock(&mutex_);
  streams_.erase(stream);
}

}  // namespace mailstrom::server
