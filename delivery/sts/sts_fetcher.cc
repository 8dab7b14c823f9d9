#include "delivery/sts/sts_fetcher.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "delivery/sts/http_response.h"
#include "delivery/sts/sts_policy.h"

namespace mailstrom::delivery {
namespace {

constexpr uint16_t kHttpsPort = 443;
constexpr size_t kMaxAddresses = 3;
constexpr absl::Duration kConnectTimeout = absl::Seconds(10);
// Of all that is said over one connection.
constexpr absl::Duration kTalkTimeout = absl::Seconds(20);
constexpr size_t kReadBytes = 4096;
// With its head.
constexpr size_t kMaxResponseBytes = kMaxStsPolicyBytes + (size_t{16} << 10);

// Closes a stream when the time for all of it is over: what is under way then fails.
class TalkTime {
 public:
  TalkTime(Alarms& alarms, Stream& stream)
      : alarms_(alarms), id_(alarms.Set(kTalkTimeout, [&stream] { stream.Close(); })) {}
  ~TalkTime() { alarms_.Cancel(id_); }
  TalkTime(const TalkTime&) = delete;
  TalkTime& operator=(const TalkTime&) = delete;

 private:
  Alarms& alarms_;
  const Alarms::Id id_;
};

}  // namespace

asio::awaitable<absl::StatusOr<std::string>> StsFetcher::Fetch(std::string domain) {
  const std::string host = absl::StrCat("mta-sts.", domain);
  const absl::StatusOr<std::vector<std::string>> addresses = co_await resolver_.Addresses(host);
  if (!addresses.ok()) co_return addresses.status();
  absl::Status status = absl::UnavailableError(absl::StrCat(host, " has no address"));
  size_t tried = 0;
  for (const std::string& address : *addresses) {
    if (stopped_) co_return absl::CancelledError("stopping");
    // Whoever runs a domain's DNS must not make this server talk to internal hosts.
    if (const std::string refusal = filter_.Refusal(address); !refusal.empty()) {
      status = absl::UnavailableError(absl::StrCat(address, " is forbidden here: ", refusal));
      continue;
    }
    if (++tried > kMaxAddresses) break;
    absl::StatusOr<std::string> text = co_await FetchFrom(host, address);
    if (text.ok()) co_return text;
    status = text.status();
  }
  co_return status;
}

asio::awaitable<absl::StatusOr<std::string>> StsFetcher::FetchFrom(std::string host,
                                                                   std::string address) {
  absl::StatusOr<std::unique_ptr<Stream>> connected =
      co_await connector_.Connect({address, kHttpsPort}, kConnectTimeout);
  if (!connected.ok()) co_return connected.status();
  if (stopped_) co_return absl::CancelledError("stopping");
  Stream& stream = **connected;
  const TalkTime talk_time(alarms_, stream);
  TlsParameters parameters;
  parameters.server_name = host;
  parameters.verify = true;
  const absl::StatusOr<std::string> tls =
      co_await stream.StartTls(std::move(parameters), kTalkTimeout);
  if (!tls.ok()) co_return tls.status();
  const std::string request =
      absl::StrCat("GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: ", host,
                   "\r\nUser-Agent: Mailstrom\r\nAccept: text/plain\r\nConnection: close\r\n\r\n");
  const absl::Status sent = co_await stream.Write(request, kTalkTimeout);
  if (!sent.ok()) co_return sent;
  std::string response;
  std::array<char, kReadBytes> buffer;
  while (response.size() <= kMaxResponseBytes) {
    const absl::StatusOr<size_t> size = co_await stream.Read(absl::MakeSpan(buffer), kTalkTimeout);
    if (!size.ok()) co_return size.status();
    response.append(buffer.data(), *size);
    absl::StatusOr<std::optional<std::string>> body = ReadHttpResponse(response, *size == 0);
    if (!body.ok()) co_return body.status();
    if (body->has_value()) {
      stream.Close();
      co_return **std::move(body);
    }
  }
  co_return absl::InvalidArgumentError("the response is too long");
}

}  // namespace mailstrom::delivery
