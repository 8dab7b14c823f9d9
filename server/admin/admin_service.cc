#include "server/admin/admin_service.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "server/admin/admin_conversion.h"
#include "server/admin/admin_validator.h"
#include "server/admin/bulk_change.h"
#include "server/admin/explainer.h"
#include "server/admin/log_level.h"
#include "server/admin/queue_filter.h"
#include "server/admin/queue_summary.h"
#include "server/admission.h"
#include "server/api_conversion.h"
#include "server/rpc_status.h"

namespace mailstrom::server {
namespace {

using admin::v1::QueueFilter;
using storage::StandingOrder;

constexpr int kDefaultSites = 50;
constexpr int kDefaultPageSize = 100;
// Recipients that one call changes at most.
constexpr int kChangesPerCall = 1000;

grpc::ServerUnaryReactor* End(grpc::CallbackServerContext* context, const grpc::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

// Why a call is refused before anything is done; OK: it is not. `caller` becomes who calls.
grpc::Status Refusal(AccessControl& access, const grpc::CallbackServerContext& context,
                     const std::vector<message::Violation>& violations = {},
                     Caller* caller = nullptr) {
  const auto admitted = AdmitAdministrator(access, context);
  if (const auto* error = std::get_if<v1::Error>(&admitted)) return ToRpcStatus(*error);
  if (caller != nullptr) *caller = std::get<Caller>(admitted);
  return violations.empty() ? grpc::Status::OK : ToRpcStatus(MakeFieldError(violations));
}

// Ends a call with what came of it.
template <typename Response>
auto FinishWith(grpc::ServerUnaryReactor* reactor, Response* response) {
  return [reactor, response](std::variant<Response, v1::Error> result) {
    if (const auto* error = std::get_if<v1::Error>(&result)) {
      return reactor->Finish(ToRpcStatus(*error));
    }
    *response = std::move(std::get<Response>(result));
    reactor->Finish(grpc::Status::OK);
  };
}

grpc::Status OrderStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  if (absl::IsNotFound(status)) {
    return ToRpcStatus(
        MakeError(grpc::StatusCode::NOT_FOUND, status.message(), v1::ERROR_REASON_UNSPECIFIED));
  }
  // The orders are too many; the queue is not full.
  if (absl::IsResourceExhausted(status)) {
    return ToRpcStatus(MakeError(grpc::StatusCode::RESOURCE_EXHAUSTED, status.message(),
                                 v1::ERROR_REASON_UNSPECIFIED));
  }
  return ToRpcStatus(MakeStoreError(status));
}

// The only part of a query that the validator cannot judge is the place in it.
grpc::Status QueueStatus(const absl::Status& status) {
  if (absl::IsInvalidArgument(status)) {
    return ToRpcStatus(MakeFieldError({{"page_token", "is no token of an earlier page"}}));
  }
  return ToRpcStatus(MakeStoreError(status));
}

// What is common to orders of both kinds.
template <typename Request>
StandingOrder MakeOrder(StandingOrder::Kind kind, const Request& request, const Caller& caller,
                        absl::Time now) {
  StandingOrder order;
  order.kind = kind;
  order.scope = FromApi(request.scope());
  // Whom the server knows cannot order in another's name.
  order.author = caller.name.empty() ? request.author() : caller.name;
  order.reason = request.reason();
  order.create_time = now;
  if (request.has_expire_time()) order.expire_time = FromTimestamp(request.expire_time());
  return order;
}

// Names the order that `caller` takes back.
StandingOrder OrderOf(StandingOrder::Kind kind, const admin::v1::Scope& scope,
                      const Caller& caller) {
  StandingOrder order;
  order.kind = kind;
  order.scope = FromApi(scope);
  order.author = caller.name;
  return order;
}

// Where the mail goes and who says so is worth a line; a scope may be an address's domain, but no
// address.
void LogOrder(absl::string_view event, const StandingOrder& order) {
  LogInfo(event, {{"scope", static_cast<int>(order.scope.kind)},
                  {"name", order.scope.name},
                  {"value", order.scope.value},
                  {"host", order.host},
                  {"author", order.author}});
}

// Ends a call with what came of an order; one that was taken is worth the line `event`.
auto FinishOrder(grpc::ServerUnaryReactor* reactor, absl::string_view event,
                 const StandingOrder& order) {
  return [reactor, event, order](const absl::Status& status) {
    if (status.ok()) LogOrder(event, order);
    reactor->Finish(OrderStatus(status));
  };
}

// Changes one page of what the request chooses.
template <typename Request, typename Response>
void Change(storage::Store& store, delivery::Control& control, const Clock& clock,
            const Request& request, storage::QueueChange change, grpc::ServerUnaryReactor* reactor,
            Response* response) {
  absl::StatusOr<std::string> after = ParseQueueToken(request.filter(), request.page_token());
  if (!after.ok()) {
    return reactor->Finish(
        ToRpcStatus(MakeFieldError({{"page_token", std::string(after.status().message())}})));
  }
  MakeQuery(control, request.filter(),
            [&store, &control, &clock, change, reactor, response, filter = request.filter(),
             after = *std::move(after)](storage::QueueQuery query) mutable {
              query.after = std::move(after);
              query.page_size = kChangesPerCall;
              ChangeQueue(store, control, clock, std::move(query), change,
                          [reactor, response, filter](absl::StatusOr<BulkChanged> changed) {
                            if (!changed.ok()) {
                              return reactor->Finish(QueueStatus(changed.status()));
                            }
                            response->set_changed(changed->counts.changed);
                            response->set_claimed(changed->counts.claimed);
                            response->set_next_page_token(FormatQueueToken(filter, changed->next));
                            reactor->Finish(grpc::Status::OK);
                          });
            });
}

}  // namespace

AdminService::AdminService(storage::Store& store, delivery::Control& control, OrderBook& orders,
                           const Clock& clock, AccessControl& access,
                           std::function<void(bool)> set_draining)
    : store_(store),
      control_(control),
      orders_(orders),
      clock_(clock),
      access_(access),
      set_draining_(std::move(set_draining)),
      census_(store, clock) {}

grpc::ServerUnaryReactor* AdminService::SuspendDelivery(
    grpc::CallbackServerContext* context, const admin::v1::SuspendDeliveryRequest* request,
    admin::v1::SuspendDeliveryResponse* response) {
  const absl::Time now = clock_.Now();
  Caller caller;
  const grpc::Status refusal = Refusal(access_, *context, Validate(*request, now), &caller);
  if (!refusal.ok()) return End(context, refusal);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const StandingOrder order = MakeOrder(StandingOrder::Kind::kSuspend, *request, caller, now);
  *response->mutable_suspension() = ToSuspension(order);
  orders_.Put(order, FinishOrder(reactor, "delivery suspended", order));
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::ResumeDelivery(
    grpc::CallbackServerContext* context, const admin::v1::ResumeDeliveryRequest* request,
    admin::v1::ResumeDeliveryResponse* response) {
  Caller caller;
  const grpc::Status refusal = Refusal(access_, *context, ValidateScope(request->scope()), &caller);
  if (!refusal.ok()) return End(context, refusal);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const StandingOrder order = OrderOf(StandingOrder::Kind::kSuspend, request->scope(), caller);
  orders_.TakeBack(order, FinishOrder(reactor, "delivery resumed", order));
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::ListSuspensions(
    grpc::CallbackServerContext* context, const admin::v1::ListSuspensionsRequest* request,
    admin::v1::ListSuspensionsResponse* response) {
  const grpc::Status refusal = Refusal(access_, *context);
  if (refusal.ok()) {
    for (const StandingOrder& order : orders_.List(StandingOrder::Kind::kSuspend)) {
      *response->add_suspensions() = ToSuspension(order);
    }
  }
  return End(context, refusal);
}

grpc::ServerUnaryReactor* AdminService::RerouteDelivery(
    grpc::CallbackServerContext* context, const admin::v1::RerouteDeliveryRequest* request,
    admin::v1::RerouteDeliveryResponse* response) {
  const absl::Time now = clock_.Now();
  Caller caller;
  const grpc::Status refusal = Refusal(access_, *context, Validate(*request, now), &caller);
  if (!refusal.ok()) return End(context, refusal);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  StandingOrder order = MakeOrder(StandingOrder::Kind::kReroute, *request, caller, now);
  order.host = request->host();
  order.port = static_cast<uint16_t>(request->port());
  *response->mutable_reroute() = ToReroute(order);
  orders_.Put(order, FinishOrder(reactor, "delivery rerouted", order));
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::EndReroute(grpc::CallbackServerContext* context,
                                                   const admin::v1::EndRerouteRequest* request,
                                                   admin::v1::EndRerouteResponse* response) {
  Caller caller;
  const grpc::Status refusal = Refusal(access_, *context, ValidateScope(request->scope()), &caller);
  if (!refusal.ok()) return End(context, refusal);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const StandingOrder order = OrderOf(StandingOrder::Kind::kReroute, request->scope(), caller);
  orders_.TakeBack(order, FinishOrder(reactor, "reroute ended", order));
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::ListReroutes(grpc::CallbackServerContext* context,
                                                     const admin::v1::ListReroutesRequest* request,
                                                     admin::v1::ListReroutesResponse* response) {
  const grpc::Status refusal = Refusal(access_, *context);
  if (refusal.ok()) {
    for (const StandingOrder& order : orders_.List(StandingOrder::Kind::kReroute)) {
      *response->add_reroutes() = ToReroute(order);
    }
  }
  return End(context, refusal);
}

grpc::ServerUnaryReactor* AdminService::SummarizeQueue(
    grpc::CallbackServerContext* context, const admin::v1::SummarizeQueueRequest* request,
    admin::v1::SummarizeQueueResponse* response) {
  const grpc::Status refusal = Refusal(access_, *context, Validate(*request));
  if (!refusal.ok()) return End(context, refusal);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  server::SummarizeQueue(census_, control_, clock_, orders_.List(StandingOrder::Kind::kSuspend),
                         request->max_sites() == 0 ? kDefaultSites : request->max_sites(),
                         FinishWith(reactor, response));
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::ListQueue(grpc::CallbackServerContext* context,
                                                  const admin::v1::ListQueueRequest* request,
                                                  admin::v1::ListQueueResponse* response) {
  std::vector<message::Violation> violations = Validate(*request);
  absl::StatusOr<std::string> after = ParseQueueToken(request->filter(), request->page_token());
  if (!after.ok()) violations.push_back({"page_token", std::string(after.status().message())});
  const grpc::Status refusal = Refusal(access_, *context, violations);
  if (!refusal.ok()) return End(context, refusal);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const int page_size = request->page_size() == 0 ? kDefaultPageSize : request->page_size();
  MakeQuery(control_, request->filter(),
            [this, reactor, response, page_size, filter = request->filter(),
             after = *std::move(after)](storage::QueueQuery query) mutable {
              query.after = std::move(after);
              query.page_size = page_size;
              store_.ListQueue(std::move(query), [reactor, response,
                                                  filter](absl::StatusOr<storage::QueuePage> page) {
                if (!page.ok()) return reactor->Finish(QueueStatus(page.status()));
                for (const storage::QueuedRecipient& queued : page->recipients) {
                  *response->add_recipients() = ToApi(queued);
                }
                response->set_next_page_token(FormatQueueToken(filter, page->next));
                reactor->Finish(grpc::Status::OK);
              });
            });
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::RetryQueue(grpc::CallbackServerContext* context,
                                                   const admin::v1::RetryQueueRequest* request,
                                                   admin::v1::RetryQueueResponse* response) {
  const grpc::Status refusal = Refusal(access_, *context, ValidateChange(request->filter()));
  if (!refusal.ok()) return End(context, refusal);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  Change(store_, control_, clock_, *request, storage::QueueChange::kMakeDue, reactor, response);
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::CancelQueue(grpc::CallbackServerContext* context,
                                                    const admin::v1::CancelQueueRequest* request,
                                                    admin::v1::CancelQueueResponse* response) {
  const grpc::Status refusal = Refusal(access_, *context, ValidateChange(request->filter()));
  if (!refusal.ok()) return End(context, refusal);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  Change(store_, control_, clock_, *request, storage::QueueChange::kCancel, reactor, response);
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::ExplainRecipients(
    grpc::CallbackServerContext* context, const admin::v1::ExplainRecipientsRequest* request,
    admin::v1::ExplainRecipientsResponse* response) {
  const grpc::Status refusal = Refusal(access_, *context, Validate(*request));
  if (!refusal.ok()) return End(context, refusal);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  server::ExplainRecipients(store_, control_, clock_, *request, FinishWith(reactor, response));
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::DrainDelivery(
    grpc::CallbackServerContext* context, const admin::v1::DrainDeliveryRequest* request,
    admin::v1::DrainDeliveryResponse* response) {
  Caller caller;
  const grpc::Status refusal = Refusal(access_, *context, {}, &caller);
  if (!refusal.ok()) return End(context, refusal);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  LogInfo(request->drain() ? "delivery drained" : "delivery goes on", {{"author", caller.name}});
  set_draining_(request->drain());
  control_.SetPaused(request->drain());
  control_.ReadState([reactor, response](const delivery::DeliveryState& state) {
    *response->mutable_delivery() = ToApi(state);
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::QueryDelivery(
    grpc::CallbackServerContext* context, const admin::v1::QueryDeliveryRequest* request,
    admin::v1::QueryDeliveryResponse* response) {
  const grpc::Status refusal = Refusal(access_, *context);
  if (!refusal.ok()) return End(context, refusal);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  control_.ReadState([reactor, response](const delivery::DeliveryState& state) {
    *response->mutable_delivery() = ToApi(state);
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::ChangeLogLevel(
    grpc::CallbackServerContext* context, const admin::v1::ChangeLogLevelRequest* request,
    admin::v1::ChangeLogLevelResponse* response) {
  std::vector<message::Violation> violations;
  const std::optional<LogLevel> level = ParseLogLevel(request->level());
  if (!request->level().empty() && !level.has_value()) {
    violations.push_back({"level", "must be debug, info, warning or error"});
  }
  const grpc::Status refusal = Refusal(access_, *context, violations);
  if (!refusal.ok()) return End(context, refusal);
  if (level.has_value()) {
    SetLogLevel(*level);
    LogInfo("log level changed", {{"level", request->level()}});
  }
  response->set_level(LogLevelName(PresentLogLevel()));
  return End(context, grpc::Status::OK);
}

}  // namespace mailstrom::server
