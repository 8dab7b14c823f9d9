#include "clients/cli/queue_commands.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cli/admin_client.h"
#include "clients/cli/failure.h"
#include "clients/cli/json.h"
#include "clients/cli/queue_request.h"
#include "clients/cli/queue_text.h"
#include "clients/cli/top_command.h"

namespace mailstrom::cli {
namespace {

using Stub = AdminClient::Stub;

constexpr int kMaxSites = 1000;
constexpr int kMaxListed = 1'000'000;
constexpr int kMaxPageSize = 1000;
constexpr size_t kColumnsElsewhere = 120;
constexpr absl::Duration kDrainPoll = absl::Milliseconds(200);

// One command line that has been understood.
class Invocation {
 public:
  Invocation(const Command& command, const Arguments& arguments, const Connection& connection,
             const Environment& environment)
      : command_(command),
        arguments_(arguments),
        environment_(environment),
        server_(connection.server),
        deadline_(connection.timeout.has_value() ? absl::Now() + *connection.timeout
                                                 : absl::InfiniteFuture()),
        client_(connection) {}

  ExitCode Summary();
  ExitCode List();
  ExitCode Suspend();
  ExitCode Resume();
  ExitCode Suspensions();
  ExitCode Reroute();
  ExitCode Reroutes();
  ExitCode Explain();
  ExitCode LogLevel();
  ExitCode Drain();
  ExitCode Top() { return RunTop(arguments_, client_, server_, environment_); }

  // Retries or cancels, page by page; `done` is what became of the recipients.
  template <typename Request, typename Response>
  ExitCode Change(AdminClient::Method<Request, Response> method, absl::string_view done);

 private:
  bool json() const { return arguments_.Has("json"); }
  ExitCode Wrong(const absl::Status& status) const {
    return UsageError(status, command_.name, json(), environment_);
  }
  ExitCode Fail(const absl::Status& status) const {
    return CallError(status, server_, json(), environment_);
  }
  // A line, as an object or as text.
  template <typename Message>
  ExitCode Print(const Message& message, const std::string& text) const {
    environment_.out << (json() ? ToJson(message) : text) << "\n";
    return ExitCode::kOk;
  }

  const Command& command_;
  const Arguments& arguments_;
  const Environment& environment_;
  const std::string server_;
  // When waiting ends.
  const absl::Time deadline_;
  AdminClient client_;
};

ExitCode Invocation::Summary() {
  const absl::StatusOr<int> limit = ReadNumber(arguments_, "limit", 50, kMaxSites);
  if (!limit.ok()) return Wrong(limit.status());
  admin::v1::SummarizeQueueRequest request;
  request.set_max_sites(*limit);
  const auto summary = client_.Call(&Stub::SummarizeQueue, request);
  if (!summary.ok()) return Fail(summary.status());
  if (json()) return Print(*summary, "");
  const auto size = environment_.terminal_size();
  const size_t columns = size.has_value() ? size->columns : kColumnsElsewhere;
  for (const std::string& line : SummaryLines(*summary, columns, absl::Now())) {
    environment_.out << line << "\n";
  }
  return ExitCode::kOk;
}

ExitCode Invocation::List() {
  const absl::StatusOr<int> limit = ReadNumber(arguments_, "limit", 100, kMaxListed);
  if (!limit.ok()) return Wrong(limit.status());
  absl::StatusOr<admin::v1::QueueFilter> filter = BuildFilter(arguments_);
  if (!filter.ok()) return Wrong(filter.status());
  admin::v1::ListQueueRequest request;
  *request.mutable_filter() = *std::move(filter);
  int left = *limit;
  do {
    request.set_page_size(std::min(left, kMaxPageSize));
    const auto page = client_.Call(&Stub::ListQueue, request);
    if (!page.ok()) return Fail(page.status());
    for (const admin::v1::QueuedRecipient& queued : page->recipients()) {
      Print(queued, json() ? "" : QueuedLine(queued, absl::Now()));
    }
    left -= page->recipients_size();
    request.set_page_token(page->next_page_token());
  } while (left > 0 && !request.page_token().empty());
  return ExitCode::kOk;
}

ExitCode Invocation::Suspend() {
  const auto request = BuildSuspend(arguments_, environment_.user, absl::Now());
  if (!request.ok()) return Wrong(request.status());
  const auto response = client_.Call(&Stub::SuspendDelivery, *request);
  if (!response.ok()) return Fail(response.status());
  return Print(response->suspension(), SuspensionLine(response->suspension()));
}

ExitCode Invocation::Resume() {
  absl::StatusOr<admin::v1::Scope> scope = BuildScope(arguments_);
  if (!scope.ok()) return Wrong(scope.status());
  admin::v1::ResumeDeliveryRequest request;
  *request.mutable_scope() = *std::move(scope);
  const auto response = client_.Call(&Stub::ResumeDelivery, request);
  if (!response.ok()) return Fail(response.status());
  return Print(*response, absl::StrCat(ScopeText(request.scope()), ": resumed"));
}

ExitCode Invocation::Suspensions() {
  const auto response = client_.Call(&Stub::ListSuspensions, admin::v1::ListSuspensionsRequest());
  if (!response.ok()) return Fail(response.status());
  for (const admin::v1::Suspension& suspension : response->suspensions()) {
    Print(suspension, SuspensionLine(suspension));
  }
  return ExitCode::kOk;
}

ExitCode Invocation::Reroute() {
  if (!arguments_.Has("end")) {
    const auto request = BuildReroute(arguments_, environment_.user, absl::Now());
    if (!request.ok()) return Wrong(request.status());
    const auto response = client_.Call(&Stub::RerouteDelivery, *request);
    if (!response.ok()) return Fail(response.status());
    return Print(response->reroute(), RerouteLine(response->reroute()));
  }
  absl::StatusOr<admin::v1::Scope> scope = BuildScope(arguments_);
  if (scope.ok() && arguments_.Has("to")) {
    scope = absl::InvalidArgumentError("--to and --end do not go together");
  }
  if (!scope.ok()) return Wrong(scope.status());
  admin::v1::EndRerouteRequest request;
  *request.mutable_scope() = *std::move(scope);
  const auto response = client_.Call(&Stub::EndReroute, request);
  if (!response.ok()) return Fail(response.status());
  return Print(*response, absl::StrCat(ScopeText(request.scope()), ": goes where it belongs"));
}

ExitCode Invocation::Reroutes() {
  const auto response = client_.Call(&Stub::ListReroutes, admin::v1::ListReroutesRequest());
  if (!response.ok()) return Fail(response.status());
  for (const admin::v1::Reroute& reroute : response->reroutes()) {
    Print(reroute, RerouteLine(reroute));
  }
  return ExitCode::kOk;
}

template <typename Request, typename Response>
ExitCode Invocation::Change(AdminClient::Method<Request, Response> method, absl::string_view done) {
  absl::StatusOr<admin::v1::QueueFilter> filter = BuildFilter(arguments_);
  if (!filter.ok()) return Wrong(filter.status());
  Request request;
  *request.mutable_filter() = *std::move(filter);
  Response total;
  absl::Status status;
  do {
    const auto response = client_.Call(method, request);
    status = response.status();
    if (!status.ok()) break;
    total.set_changed(total.changed() + response->changed());
    total.set_claimed(total.claimed() + response->claimed());
    request.set_page_token(response->next_page_token());
  } while (!request.page_token().empty());
  // What was done before a failure stays done.
  if (status.ok() || total.changed() > 0) {
    Print(total, absl::StrCat(total.changed(), " recipients ", done,
                              total.claimed() == 0
                                  ? ""
                                  : absl::StrCat(", ", total.claimed(), " were taken up already")));
  }
  return status.ok() ? ExitCode::kOk : Fail(status);
}

ExitCode Invocation::Explain() {
  admin::v1::ExplainRecipientsRequest request;
  request.set_email_id(arguments_.operands().front());
  if (arguments_.operands().size() > 1) request.set_recipient(arguments_.operands()[1]);
  const auto response = client_.Call(&Stub::ExplainRecipients, request);
  if (!response.ok()) return Fail(response.status());
  for (const admin::v1::Explanation& explanation : response->explanations()) {
    environment_.out << (json() ? ToJson(explanation) + "\n" : ExplanationText(explanation));
  }
  if (response->explanations().empty() && !json()) {
    environment_.out << "all recipients are settled\n";
  }
  return ExitCode::kOk;
}

ExitCode Invocation::LogLevel() {
  admin::v1::ChangeLogLevelRequest request;
  if (!arguments_.operands().empty()) request.set_level(arguments_.operands().front());
  const auto response = client_.Call(&Stub::ChangeLogLevel, request);
  if (!response.ok()) return Fail(response.status());
  return Print(*response, response->level());
}

ExitCode Invocation::Drain() {
  admin::v1::DrainDeliveryRequest request;
  request.set_drain(!arguments_.Has("end"));
  const auto response = client_.Call(&Stub::DrainDelivery, request);
  if (!response.ok()) return Fail(response.status());
  admin::v1::DeliveryState state = response->delivery();
  while (request.drain() && arguments_.Has("wait") && state.running() > 0) {
    if (absl::Now() >= deadline_) {
      Print(state, DeliveryText(state));
      return ExitCode::kUnsettled;
    }
    environment_.sleep(kDrainPoll);
    const auto next = client_.Call(&Stub::QueryDelivery, admin::v1::QueryDeliveryRequest());
    if (!next.ok()) return Fail(next.status());
    state = next->delivery();
  }
  return Print(state, DeliveryText(state));
}

}  // namespace

bool IsQueueCommand(absl::string_view name) {
  return name == "top" || absl::StartsWith(name, "queue ");
}

ExitCode RunQueueCommand(const Command& command, const Arguments& arguments,
                         const Connection& connection, const Environment& environment) {
  Invocation invocation(command, arguments, connection, environment);
  const absl::string_view name = command.name;
  if (name == "queue summary") return invocation.Summary();
  if (name == "queue list") return invocation.List();
  if (name == "queue suspend") return invocation.Suspend();
  if (name == "queue resume") return invocation.Resume();
  if (name == "queue suspensions") return invocation.Suspensions();
  if (name == "queue retry") return invocation.Change(&Stub::RetryQueue, "are due now");
  if (name == "queue reroute") return invocation.Reroute();
  if (name == "queue reroutes") return invocation.Reroutes();
  if (name == "queue cancel") return invocation.Change(&Stub::CancelQueue, "are given up");
  if (name == "queue explain") return invocation.Explain();
  if (name == "queue log-level") return invocation.LogLevel();
  if (name == "queue drain") return invocation.Drain();
  return invocation.Top();
}

}  // namespace mailstrom::cli
