#include "delivery/smtp/dialogue.h"

#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mailstrom::delivery::smtp {
namespace {

constexpr size_t kReadBytes = 4096;

// The reply as it came, line for line.
std::string ReplyText(const Reply& reply) {
  std::string text;
  for (size_t i = 0; i < reply.lines.size(); ++i) {
    const bool last = i + 1 == reply.lines.size();
    absl::StrAppend(&text, reply.code, last ? " " : "-", reply.enhanced_code,
                    reply.enhanced_code.empty() ? "" : " ", reply.lines[i], "\r\n");
  }
  return text;
}

// What was said before the connection broke is here already.
constexpr absl::Duration kLastWordTimeout = absl::Seconds(1);

}  // namespace

Dialogue::Deadline::Deadline(Dialogue& dialogue, absl::Duration limit)
    : alarms_(dialogue.alarms_), id_(alarms_.Set(limit, [&dialogue] {
        dialogue.expired_ = true;
        dialogue.Close();
      })) {}

Dialogue::Deadline::~Deadline() { alarms_.Cancel(id_); }

Dialogue::Dialogue(Alarms& alarms, std::unique_ptr<Stream> stream)
    : alarms_(alarms), stream_(std::move(stream)) {}

asio::awaitable<absl::StatusOr<Reply>> Dialogue::Receive(absl::Duration timeout) {
  if (absl::StatusOr<std::optional<Reply>> reply = NextReply(); !reply.ok()) {
    co_return End(reply.status());
  } else if (reply->has_value()) {
    // Replies to a group of commands come together.
    co_return **std::move(reply);
  }
  // A time-out for each read would let a server drip its reply for ever.
  Deadline deadline(*this, timeout);
  std::array<char, kReadBytes> buffer;
  while (true) {
    if (closed_) co_return End(absl::UnavailableError("the connection is closed"));
    absl::StatusOr<size_t> size = co_await stream_->Read(absl::MakeSpan(buffer), timeout);
    if (!size.ok()) co_return End(size.status());
    if (*size == 0) co_return End(absl::UnavailableError("the server closed the connection"));
    parser_.Feed(absl::string_view(buffer.data(), *size));
    absl::StatusOr<std::optional<Reply>> reply = NextReply();
    if (!reply.ok()) co_return End(reply.status());
    if (reply->has_value()) co_return **std::move(reply);
  }
}

absl::StatusOr<std::optional<Reply>> Dialogue::TakeUnsolicited() {
  if (!parser_.has_pending()) return std::nullopt;
  absl::StatusOr<std::optional<Reply>> reply = NextReply();
  if (!reply.ok()) return End(reply.status());
  if (!reply->has_value()) return End(absl::InvalidArgumentError("bytes out of turn"));
  return reply;
}

absl::StatusOr<std::optional<Reply>> Dialogue::NextReply() {
  absl::StatusOr<std::optional<Reply>> reply = parser_.Next();
  if (transcript_ != nullptr && reply.ok() && reply->has_value()) {
    transcript_->Said(DialogueLine::Speaker::kServer, ReplyText(**reply));
  }
  return reply;
}

asio::awaitable<absl::Status> Dialogue::Send(absl::string_view lines, absl::Duration timeout) {
  if (transcript_ != nullptr) transcript_->Said(DialogueLine::Speaker::kClient, lines);
  return Write(lines, timeout);
}

asio::awaitable<absl::Status> Dialogue::SendContent(absl::string_view bytes,
                                                    absl::Duration timeout) {
  return Write(bytes, timeout);
}

asio::awaitable<absl::Status> Dialogue::Write(absl::string_view bytes, absl::Duration timeout) {
  if (closed_) co_return End(absl::UnavailableError("the connection is closed"));
  absl::Status status = co_await stream_->Write(bytes, timeout);
  if (status.ok()) co_return absl::OkStatus();
  if (absl::IsUnavailable(status)) co_await ReadLastWord();
  co_return End(std::move(status));
}

asio::awaitable<void> Dialogue::ReadLastWord() {
  if (closed_) co_return;
  std::array<char, kReadBytes> buffer;
  const absl::StatusOr<size_t> size =
      co_await stream_->Read(absl::MakeSpan(buffer), kLastWordTimeout);
  if (size.ok()) parser_.Feed(absl::string_view(buffer.data(), *size));
}

asio::awaitable<absl::StatusOr<std::string>> Dialogue::StartTls(TlsParameters parameters,
                                                                absl::Duration timeout) {
  Deadline deadline(*this, timeout);
  parser_.Discard();
  if (closed_) co_return End(absl::UnavailableError("the connection is closed"));
  absl::StatusOr<std::string> tls = co_await stream_->StartTls(std::move(parameters), timeout);
  if (!tls.ok()) co_return End(tls.status());
  if (transcript_ != nullptr) transcript_->Note(*tls);
  co_return tls;
}

void Dialogue::Close() {
  if (std::exchange(closed_, true)) return;
  stream_->Close();
}

absl::Status Dialogue::End(absl::Status why) {
  Close();
  if (expired_) why = absl::DeadlineExceededError("no answer in time");
  if (transcript_ != nullptr) transcript_->Note(why.message());
  return why;
}

}  // namespace mailstrom::delivery::smtp
