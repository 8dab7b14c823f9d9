#include "clients/cli/dkim_dns.h"

#include <unbound.h>

#include <algorithm>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"

namespace mailstrom::cli {
namespace {

constexpr int kTxt = 16;
constexpr int kClassIn = 1;
constexpr int kNoError = 0;
constexpr int kNxdomain = 3;

struct ContextDeleter {
  void operator()(ub_ctx* context) const { ub_ctx_delete(context); }
};
struct ResultDeleter {
  void operator()(ub_result* result) const { ub_resolve_free(result); }
};

absl::Status Configure(ub_ctx* context, const std::string& server) {
  if (server.empty()) {
    const int error = ub_ctx_resolvconf(context, nullptr);
    if (error == 0) return absl::OkStatus();
    return absl::UnavailableError(absl::StrCat("/etc/resolv.conf: ", ub_strerror(error)));
  }
  // A server on this machine is as good as any, also for names of a local network.
  ub_ctx_set_option(context, "do-not-query-localhost:", "no");
  ub_ctx_set_option(context, "unblock-lan-zones:", "yes");
  const int error = ub_ctx_set_fwd(context, server.c_str());
  if (error == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--dns ", server, ": ", ub_strerror(error)));
}

// The strings of a TXT record (RFC 1035 §3.3.14), joined.
std::string JoinStrings(absl::string_view rdata) {
  std::string text;
  while (!rdata.empty()) {
    const size_t size = static_cast<unsigned char>(rdata.front());
    absl::StrAppend(&text, rdata.substr(1, size));
    rdata.remove_prefix(std::min(size + 1, rdata.size()));
  }
  return text;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> LookUpTxt(const std::string& name,
                                                   const std::string& server) {
  const std::unique_ptr<ub_ctx, ContextDeleter> context(ub_ctx_create());
  if (context == nullptr) return absl::UnavailableError("no memory for DNS");
  RETURN_IF_ERROR(Configure(context.get(), server));
  // The library would answer for it by itself (RFC 6761 §6.2 leaves it to servers). Ends the time
  // for options.
  ub_ctx_zone_remove(context.get(), "test.");
  ub_result* raw_result = nullptr;
  const int error = ub_resolve(context.get(), name.c_str(), kTxt, kClassIn, &raw_result);
  const std::unique_ptr<ub_result, ResultDeleter> result(raw_result);
  if (error != 0) return absl::UnavailableError(absl::StrCat(name, ": ", ub_strerror(error)));
  if (result->rcode != kNoError && result->rcode != kNxdomain) {
    return absl::UnavailableError(absl::StrCat(name, ": DNS failed with code ", result->rcode));
  }
  std::vector<std::string> records;
  for (int i = 0; result->data != nullptr && result->data[i] != nullptr; ++i) {
    records.push_back(
        JoinStrings(absl::string_view(result->data[i], static_cast<size_t>(result->len[i]))));
  }
  return records;
}

}  // namespace mailstrom::cli
