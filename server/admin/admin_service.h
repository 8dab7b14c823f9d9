#ifndef MAILSTROM_SERVER_ADMIN_ADMIN_SERVICE_H_
#define MAILSTROM_SERVER_ADMIN_ADMIN_SERVICE_H_

#include <functional>

#include "base/clock.h"
#include "delivery/control.h"
#include "grpcpp/grpcpp.h"
#include "mailstrom/admin/v1/admin_service.grpc.pb.h"
#include "server/access_control.h"
#include "server/admin/order_book.h"
#include "server/admin/queue_census.h"
#include "storage/store.h"

namespace mailstrom::server {

// mailstrom.admin.v1, for administrators. Reactions never block: what takes time is the store's and
// delivery's, which call back. Thread-safe.
class AdminService final : public admin::v1::AdminService::CallbackService {
 public:
  // All must outlive the gRPC server that this is registered with. `set_draining` is told whether
  // callers should go elsewhere; it must not block.
  AdminService(storage::Store& store, delivery::Control& control, OrderBook& orders,
               const Clock& clock, AccessControl& access, std::function<void(bool)> set_draining);

  grpc::ServerUnaryReactor* SuspendDelivery(grpc::CallbackServerContext* context,
                                            const admin::v1::SuspendDeliveryRequest* request,
                                            admin::v1::SuspendDeliveryResponse* response) override;
  grpc::ServerUnaryReactor* ResumeDelivery(grpc::CallbackServerContext* context,
                                           const admin::v1::ResumeDeliveryRequest* request,
                                           admin::v1::ResumeDeliveryResponse* response) override;
  grpc::ServerUnaryReactor* ListSuspensions(grpc::CallbackServerContext* context,
                                            const admin::v1::ListSuspensionsRequest* request,
                                            admin::v1::ListSuspensionsResponse* response) override;
  grpc::ServerUnaryReactor* RerouteDelivery(grpc::CallbackServerContext* context,
                                            const admin::v1::RerouteDeliveryRequest* request,
                                            admin::v1::RerouteDeliveryResponse* response) override;
  grpc::ServerUnaryReactor* EndReroute(grpc::CallbackServerContext* context,
                                       const admin::v1::EndRerouteRequest* request,
                                       admin::v1::EndRerouteResponse* response) override;
  grpc::ServerUnaryReactor* ListReroutes(grpc::CallbackServerContext* context,
                                         const admin::v1::ListReroutesRequest* request,
                                         admin::v1::ListReroutesResponse* response) override;
  grpc::ServerUnaryReactor* SummarizeQueue(grpc::CallbackServerContext* context,
                                           const admin::v1::SummarizeQueueRequest* request,
                                           admin::v1::SummarizeQueueResponse* response) override;
  grpc::ServerUnaryReactor* ListQueue(grpc::CallbackServerContext* context,
                                      const admin::v1::ListQueueRequest* request,
                                      admin::v1::ListQueueResponse* response) override;
  grpc::ServerUnaryReactor* RetryQueue(grpc::CallbackServerContext* context,
                                       const admin::v1::RetryQueueRequest* request,
                                       admin::v1::RetryQueueResponse* response) override;
  grpc::ServerUnaryReactor* CancelQueue(grpc::CallbackServerContext* context,
                                        const admin::v1::CancelQueueRequest* request,
                                        admin::v1::CancelQueueResponse* response) override;
  grpc::ServerUnaryReactor* ExplainRecipients(
      grpc::CallbackServerContext* context, const admin::v1::ExplainRecipientsRequest* request,
      admin::v1::ExplainRecipientsResponse* response) override;
  grpc::ServerUnaryReactor* DrainDelivery(grpc::CallbackServerContext* context,
                                          const admin::v1::DrainDeliveryRequest* request,
                                          admin::v1::DrainDeliveryResponse* response) override;
  grpc::ServerUnaryReactor* QueryDelivery(grpc::CallbackServerContext* context,
                                          const admin::v1::QueryDeliveryRequest* request,
                                          admin::v1::QueryDeliveryResponse* response) override;
  grpc::ServerUnaryReactor* ChangeLogLevel(grpc::CallbackServerContext* context,
                                           const admin::v1::ChangeLogLevelRequest* request,
                                           admin::v1::ChangeLogLevelResponse* response) override;

 private:
  storage::Store& store_;
  delivery::Control& control_;
  OrderBook& orders_;
  const Clock& clock_;
  AccessControl& access_;
  const std::function<void(bool)> set_draining_;
  QueueCensus census_;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_ADMIN_ADMIN_SERVICE_H_
