#include "delivery/dns/unbound_dns_client.h"

#include <unbound.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asio/experimental/as_tuple.hpp"
#include "asio/posix/stream_descriptor.hpp"
#include "asio/steady_timer.hpp"
#include "asio/use_awaitable.hpp"
#include "base/status_macros.h"
#include "delivery/dns/host_name.h"

namespace mailstrom::delivery {
namespace {

constexpr int kClassIn = 1;
constexpr int kNoError = 0;
constexpr int kNxdomain = 3;
constexpr size_t kMaxRecords = 256;

struct ContextDeleter {
  void operator()(ub_ctx* context) const { ub_ctx_delete(context); }
};
using ContextPtr = std::unique_ptr<ub_ctx, ContextDeleter>;

struct ResultDeleter {
  void operator()(ub_result* result) const { ub_resolve_free(result); }
};

absl::Status Check(int error, absl::string_view what) {
  if (error == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("DNS: ", what, ": ", ub_strerror(error)));
}

absl::Status SetOption(ub_ctx* context, const char* option, const std::string& value) {
  return Check(ub_ctx_set_option(context, option, value.c_str()), absl::StrCat(option, " ", value));
}

absl::Status Configure(ub_ctx* context, const UnboundOptions& options) {
  // The library's own defaults are those of a small program that asks little.
  RETURN_IF_ERROR(SetOption(context, "outgoing-range:", "1024"));
  RETURN_IF_ERROR(SetOption(context, "num-queries-per-thread:", "2048"));
  RETURN_IF_ERROR(SetOption(context, "outgoing-num-tcp:", "16"));
  RETURN_IF_ERROR(SetOption(context, "msg-cache-size:", absl::StrCat(options.cache_bytes / 3)));
  RETURN_IF_ERROR(
      SetOption(context, "rrset-cache-size:", absl::StrCat(options.cache_bytes * 2 / 3)));
  // Without an anchor there is nothing to validate; zones signed or not are answered alike.
  const bool validate = !options.trust_anchor_file.empty();
  RETURN_IF_ERROR(
      SetOption(context, "module-config:", validate ? "validator iterator" : "iterator"));
  if (validate) {
    RETURN_IF_ERROR(Check(ub_ctx_add_ta_file(context, options.trust_anchor_file.c_str()),
                          options.trust_anchor_file));
  }
  for (const std::string& server : options.servers) {
    RETURN_IF_ERROR(Check(ub_ctx_set_fwd(context, server.c_str()), server));
  }
  if (!options.servers.empty()) {
    RETURN_IF_ERROR(SetOption(context, "do-not-query-localhost:", "no"));
    RETURN_IF_ERROR(SetOption(context, "unblock-lan-zones:", "yes"));
  }
  RETURN_IF_ERROR(Check(ub_ctx_async(context, 1), "thread"));
  if (!options.servers.empty()) {
    // Answered by the library itself unless removed; the servers know better (RFC 6761 §6.2 leaves
    // it to them). Ends the time for options, so it comes last.
    RETURN_IF_ERROR(Check(ub_ctx_zone_remove(context, "test."), "zone test."));
  }
  return absl::OkStatus();
}

std::string RcodeName(int rcode) {
  if (rcode == 2) return "SERVFAIL";
  if (rcode == 5) return "REFUSED";
  return absl::StrCat("rcode ", rcode);
}

absl::StatusOr<DnsAnswer> ToAnswer(const std::string& name, int error, const ub_result* result) {
  if (error != 0 || result == nullptr) {
    return absl::UnavailableError(absl::StrCat("DNS: ", ub_strerror(error)));
  }
  if (result->bogus) {
    return absl::UnavailableError(absl::StrCat(
        "DNS: bogus answer: ", result->why_bogus == nullptr ? "unknown" : result->why_bogus));
  }
  if (result->rcode != kNoError && result->rcode != kNxdomain) {
    return absl::UnavailableError(absl::StrCat("DNS: ", RcodeName(result->rcode)));
  }
  DnsAnswer answer;
  answer.no_such_name = result->nxdomain != 0;
  answer.authenticated = result->secure != 0;
  answer.ttl = absl::Seconds(std::max(result->ttl, 0));
  answer.canonical_name =
      absl::AsciiStrToLower(result->canonname == nullptr ? name.c_str() : result->canonname);
  if (!answer.canonical_name.empty() && answer.canonical_name.back() == '.') {
    answer.canonical_name.pop_back();
  }
  for (size_t i = 0; result->data != nullptr && result->data[i] != nullptr; ++i) {
    if (i == kMaxRecords) break;
    answer.rdata.emplace_back(result->data[i], std::max(result->len[i], 0));
  }
  return answer;
}

}  // namespace

class UnboundDnsClient::Context : public std::enable_shared_from_this<Context> {
 public:
  // One query. The coroutine that waits for it and the context share it.
  struct Pending {
    Pending(Context& context, asio::any_io_executor executor, std::string name)
        : context(context),
          name(std::move(name)),
          wake(std::move(executor), asio::steady_timer::time_point::max()) {}

    Context& context;
    const std::string name;
    std::optional<absl::StatusOr<DnsAnswer>> answer;
    // Never goes off; cancelled when there is an answer.
    asio::steady_timer wake;
    Alarms::Id alarm = Alarms::kNone;
  };

  Context(asio::any_io_executor executor, Alarms& alarms, ContextPtr unbound,
          absl::Duration timeout)
      : executor_(executor),
        alarms_(alarms),
        unbound_(std::move(unbound)),
        answers_(executor),
        timeout_(timeout) {}

  // Prepares to watch for answers. The descriptor is a copy, for Asio closes what it watches.
  absl::Status Attach() {
    const int descriptor = dup(ub_fd(unbound_.get()));
    if (descriptor < 0) return absl::InternalError("DNS: dup failed");
    asio::error_code error;
    answers_.assign(descriptor, error);
    if (!error) return absl::OkStatus();
    close(descriptor);
    return absl::InternalError(absl::StrCat("DNS: watching for answers: ", error.message()));
  }

  std::shared_ptr<Pending> Start(std::string name, DnsType type) {
    auto query = std::make_shared<Pending>(*this, executor_, std::move(name));
    const int error = ub_resolve_async(unbound_.get(), query->name.c_str(), static_cast<int>(type),
                                       kClassIn, query.get(), &OnAnswer, nullptr);
    if (error != 0) {
      query->answer = ToAnswer(query->name, error, nullptr);
      return query;
    }
    query->alarm = alarms_.Set(timeout_, [query = query.get()] {
      Finish(*query, absl::UnavailableError("DNS: no answer in time"));
    });
    pending_.emplace(query.get(), query);
    Watch();
    return query;
  }

  // Ends all queries and libunbound's thread.
  void Stop() {
    asio::error_code ignored;
    answers_.close(ignored);
    unbound_.reset();
    for (auto& [key, query] : pending_) {
      Finish(*query, absl::UnavailableError("DNS: shutting down"));
    }
    pending_.clear();
  }

 private:
  // Called within ub_process.
  static void OnAnswer(void* data, int error, ub_result* raw_result) {
    const std::unique_ptr<ub_result, ResultDeleter> result(raw_result);
    auto* const query = static_cast<Pending*>(data);
    Finish(*query, ToAnswer(query->name, error, result.get()));
    query->context.pending_.erase(query);
  }

  static void Finish(Pending& query, absl::StatusOr<DnsAnswer> answer) {
    query.context.alarms_.Cancel(query.alarm);
    if (query.answer.has_value()) return;
    query.answer = std::move(answer);
    query.wake.cancel();
  }

  void Watch() {
    if (watching_ || pending_.empty()) return;
    watching_ = true;
    answers_.async_wait(asio::posix::stream_descriptor::wait_read,
                        [self = shared_from_this()](asio::error_code error) {
                          self->watching_ = false;
                          if (error || self->unbound_ == nullptr) return;
                          ub_process(self->unbound_.get());
                          self->Watch();
                        });
  }

  const asio::any_io_executor executor_;
  Alarms& alarms_;
  ContextPtr unbound_;
  asio::posix::stream_descriptor answers_;
  const absl::Duration timeout_;
  bool watching_ = false;
  // All that libunbound works on. A query that timed out stays until the library gives it up, since
  // the late answer still fills the cache.
  std::unordered_map<Pending*, std::shared_ptr<Pending>> pending_;
};

absl::StatusOr<std::unique_ptr<UnboundDnsClient>> UnboundDnsClient::Create(
    asio::any_io_executor executor, Alarms& alarms, const UnboundOptions& options) {
  ContextPtr unbound(ub_ctx_create());
  if (unbound == nullptr) return absl::InternalError("DNS: libunbound does not start");
  RETURN_IF_ERROR(Configure(unbound.get(), options));
  auto context =
      std::make_shared<Context>(std::move(executor), alarms, std::move(unbound), options.timeout);
  RETURN_IF_ERROR(context->Attach());
  return std::unique_ptr<UnboundDnsClient>(new UnboundDnsClient(std::move(context)));
}

UnboundDnsClient::UnboundDnsClient(std::shared_ptr<Context> context)
    : context_(std::move(context)) {}

UnboundDnsClient::~UnboundDnsClient() { context_->Stop(); }

asio::awaitable<absl::StatusOr<DnsAnswer>> UnboundDnsClient::Query(std::string name, DnsType type) {
  if (!name.empty() && name.back() == '.') name.pop_back();
  if (!IsHostName(name)) co_return absl::InvalidArgumentError("DNS: not a name");
  const std::shared_ptr<Context::Pending> query = context_->Start(std::move(name), type);
  while (!query->answer.has_value()) {
    co_await query->wake.async_wait(asio::experimental::as_tuple(asio::use_awaitable));
  }
  co_return *std::move(query->answer);
}

}  // namespace mailstrom::delivery
