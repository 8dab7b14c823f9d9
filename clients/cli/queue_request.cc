#include "clients/cli/queue_request.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace mailstrom::cli {
namespace {

absl::StatusOr<std::pair<std::string, std::string>> ReadTag(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return absl::InvalidArgumentError(absl::StrCat("--tag ", text, " is not KEY=VALUE"));
  }
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

template <typename Request>
absl::Status AddOrder(const Arguments& arguments, absl::string_view user, absl::Time now,
                      Request& request) {
  ASSIGN_OR_RETURN(*request.mutable_scope(), BuildScope(arguments));
  request.set_reason(arguments.Get("reason"));
  request.set_author(arguments.Get("author", user));
  if (!arguments.Has("for")) return absl::OkStatus();
  absl::Duration duration;
  if (!absl::ParseDuration(arguments.Get("for"), &duration) || duration <= absl::ZeroDuration() ||
      duration == absl::InfiniteDuration()) {
    return absl::InvalidArgumentError("--for is no duration such as 30m or 12h");
  }
  request.mutable_expire_time()->set_seconds(absl::ToUnixSeconds(now + duration));
  return absl::OkStatus();
}

// `host:port`, `[address]:port`, or a host alone.
absl::Status ReadHost(absl::string_view text, admin::v1::RerouteDeliveryRequest& request) {
  absl::string_view host = text;
  const size_t colon = text.rfind(':');
  const bool is_literal = absl::StartsWith(text, "[");
  const bool has_port = colon != absl::string_view::npos &&
                        (is_literal ? text[colon - 1] == ']' : text.find(':') == colon);
  if (has_port) {
    int port = 0;
    if (!absl::SimpleAtoi(text.substr(colon + 1), &port) || port < 1 || port > 65535) {
      return absl::InvalidArgumentError(absl::StrCat("--to ", text, " has no port up to 65535"));
    }
    request.set_port(port);
    host = text.substr(0, colon);
  }
  if (is_literal && absl::EndsWith(host, "]")) host = host.substr(1, host.size() - 2);
  request.set_host(std::string(host));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<admin::v1::QueueFilter> BuildFilter(const Arguments& arguments) {
  admin::v1::QueueFilter filter;
  filter.set_email_id(arguments.Get("email"));
  filter.set_recipient(arguments.Get("recipient"));
  filter.set_domain(arguments.Get("domain"));
  filter.set_site(arguments.Get("site"));
  filter.set_tenant(arguments.Get("tenant"));
  for (const std::string& text : arguments.All("tag")) {
    ASSIGN_OR_RETURN(const auto tag, ReadTag(text));
    (*filter.mutable_tags())[tag.first] = tag.second;
  }
  if (arguments.Has("held")) filter.set_held(true);
  return filter;
}

absl::StatusOr<admin::v1::Scope> BuildScope(const Arguments& arguments) {
  int given = 0;
  for (const absl::string_view option : {"site", "domain", "tenant", "tag"}) {
    if (arguments.Has(option)) ++given;
  }
  if (given != 1) {
    return absl::InvalidArgumentError("give one of --site, --domain, --tenant and --tag");
  }
  admin::v1::Scope scope;
  if (arguments.Has("site")) scope.set_site(arguments.Get("site"));
  if (arguments.Has("domain")) scope.set_domain(arguments.Get("domain"));
  if (arguments.Has("tenant")) scope.set_tenant(arguments.Get("tenant"));
  if (arguments.Has("tag")) {
    ASSIGN_OR_RETURN(const auto tag, ReadTag(arguments.Get("tag")));
    scope.mutable_tag()->set_name(tag.first);
    scope.mutable_tag()->set_value(tag.second);
  }
  return scope;
}

absl::StatusOr<admin::v1::SuspendDeliveryRequest> BuildSuspend(const Arguments& arguments,
                                                               absl::string_view user,
                                                               absl::Time now) {
  admin::v1::SuspendDeliveryRequest request;
  RETURN_IF_ERROR(AddOrder(arguments, user, now, request));
  return request;
}

absl::StatusOr<admin::v1::RerouteDeliveryRequest> BuildReroute(const Arguments& arguments,
                                                               absl::string_view user,
                                                               absl::Time now) {
  admin::v1::RerouteDeliveryRequest request;
  RETURN_IF_ERROR(AddOrder(arguments, user, now, request));
  if (!arguments.Has("to")) return absl::InvalidArgumentError("give --to HOST[:PORT], or --end");
  RETURN_IF_ERROR(ReadHost(arguments.Get("to"), request));
  return request;
}

absl::StatusOr<int> ReadNumber(const Arguments& arguments, absl::string_view option, int otherwise,
                               int max) {
  if (!arguments.Has(option)) return otherwise;
  int number = 0;
  if (!absl::SimpleAtoi(arguments.Get(option), &number) || number < 1 || number > max) {
    return absl::InvalidArgumentError(
        absl::StrCat("--", std::string(option), " is no number from 1 to ", max));
  }
  return number;
}

}  // namespace mailstrom::cli
