#include "server/admin/admin_service.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "base/log.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "mailstrom/rpc/error_details.pb.h"
#include "server/admin/fake_control.h"
#include "server/admin/order_book.h"
#include "server/tenant_credentials.h"
#include "storage/blocking_store.h"
#include "storage/memory_store.h"
#include "storage/test_emails.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/forwarding_store.h"

namespace mailstrom::server {
namespace {

using storage::kTestStart;
using storage::RecipientState;
using ::testing::HasSubstr;
using ::testing::Not;

// Refuses orders while told so, as on a full disk.
class RefusingStore final : public ForwardingStore {
 public:
  RefusingStore() : ForwardingStore(storage::NewMemoryStore()) {}

  void PutOrder(storage::StandingOrder order,
                absl::AnyInvocable<void(absl::Status)> done) override {
    if (refuses) return done(absl::UnavailableError("disk full"));
    ForwardingStore::PutOrder(std::move(order), std::move(done));
  }

  std::atomic<bool> refuses = false;
};

class AdminServiceTest : public ::testing::Test {
 protected:
  explicit AdminServiceTest(const config::v1::AccessConfig& access = {}) : access_(access, clock_) {
    EXPECT_TRUE(access_.Reload().ok());
    EXPECT_TRUE(book_.Load().ok());
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    server_ = builder.BuildAndStart();
    channel_ =
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials());
    stub_ = admin::v1::AdminService::NewStub(channel_);
  }

  ~AdminServiceTest() override { server_->Shutdown(); }

  template <typename Request, typename Response>
  using Method = grpc::Status (admin::v1::AdminService::Stub::*)(grpc::ClientContext*,
                                                                 const Request&, Response*);

  // Calls, and expects that it works.
  template <typename Request, typename Response>
  Response Call(Method<Request, Response> method, const Request& request) {
    Response response;
    const grpc::Status status = Try(method, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  template <typename Request, typename Response>
  grpc::Status Try(Method<Request, Response> method, const Request& request, Response* response) {
    grpc::ClientContext context;
    return (*stub_.*method)(&context, request, response);
  }

  void Accept(const std::string& id, const std::vector<std::string>& addresses,
              absl::Time due = kTestStart + absl::Hours(1), const std::string& run = "7") {
    storage::Email email = storage::TestEmail(id, static_cast<int>(addresses.size()), due);
    for (size_t i = 0; i < addresses.size(); ++i) email.recipients[i].address = addresses[i];
    email.record.tags = {{"run", run}};
    email.record.expire_time = kTestStart + absl::Hours(100);
    ASSERT_TRUE(blocking_.Accept(std::move(email), "").ok());
  }

  storage::Recipient Read(const std::string& id, int index = 0) {
    return blocking_.ReadEmail(id)->recipients[index];
  }

  FakeClock clock_{kTestStart};
  std::unique_ptr<RefusingStore> store_ = std::make_unique<RefusingStore>();
  storage::BlockingStore blocking_{*store_};
  FakeControl control_;
  OrderBook book_{*store_, control_, clock_};
  AccessControl access_;
  std::optional<bool> draining_;
  AdminService service_{*store_, control_, book_,
                        clock_,  access_,  [this](bool draining) { draining_ = draining; }};
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<admin::v1::AdminService::Stub> stub_;
};

using Stub = admin::v1::AdminService::Stub;

TEST_F(AdminServiceTest, SuspendsAndResumes) {
  admin::v1::SuspendDeliveryRequest request;
  request.mutable_scope()->set_domain("Bücher.Example");
  request.set_author("anna");
  request.set_reason("moves house");
  const admin::v1::Suspension made = Call(&Stub::SuspendDelivery, request).suspension();
  EXPECT_EQ(made.scope().domain(), "xn--bcher-kva.example");
  EXPECT_EQ(made.create_time().seconds(), absl::ToUnixSeconds(kTestStart));
  EXPECT_FALSE(made.has_expire_time());
  const storage::EmailRecord email;
  EXPECT_NE(control_.orders()->FindSuspension({email, "xn--bcher-kva.example"}, kTestStart),
            nullptr);
  const auto listed = Call(&Stub::ListSuspensions, admin::v1::ListSuspensionsRequest());
  ASSERT_EQ(listed.suspensions_size(), 1);
  EXPECT_EQ(listed.suspensions(0).author(), "anna");
  EXPECT_EQ(listed.suspensions(0).reason(), "moves house");

  admin::v1::ResumeDeliveryRequest resume;
  *resume.mutable_scope() = request.scope();
  Call(&Stub::ResumeDelivery, resume);
  EXPECT_EQ(control_.orders()->FindSuspension({email, "xn--bcher-kva.example"}, kTestStart),
            nullptr);
  admin::v1::ResumeDeliveryResponse response;
  resume.mutable_scope()->set_domain("other.test");
  EXPECT_EQ(Try(&Stub::ResumeDelivery, resume, &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(AdminServiceTest, ReroutesAndEndsIt) {
  admin::v1::RerouteDeliveryRequest request;
  request.mutable_scope()->set_tenant("default");
  request.set_host("spare.test");
  request.set_port(2525);
  Call(&Stub::RerouteDelivery, request);
  const storage::EmailRecord email;
  const storage::StandingOrder* order =
      control_.orders()->FindReroute({email, "a.test"}, kTestStart);
  ASSERT_NE(order, nullptr);
  EXPECT_EQ(order->port, 2525);
  const auto listed = Call(&Stub::ListReroutes, admin::v1::ListReroutesRequest());
  ASSERT_EQ(listed.reroutes_size(), 1);
  EXPECT_EQ(listed.reroutes(0).scope().tenant(), "default");
  admin::v1::EndRerouteRequest end;
  *end.mutable_scope() = request.scope();
  Call(&Stub::EndReroute, end);
  EXPECT_EQ(control_.orders()->FindReroute({email, "a.test"}, kTestStart), nullptr);
}

TEST_F(AdminServiceTest, TooManyOrdersAreNoFullQueue) {
  for (size_t i = 0; i < storage::kMaxOrders; ++i) {
    storage::StandingOrder order;
    order.scope.value = absl::StrCat(i, ".test");
    ASSERT_TRUE(blocking_.PutOrder(order).ok());
  }
  admin::v1::SuspendDeliveryRequest request;
  request.mutable_scope()->set_domain("a.test");
  request.set_author("anna");
  request.set_reason("moves house");
  admin::v1::SuspendDeliveryResponse response;
  const grpc::Status status = Try(&Stub::SuspendDelivery, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.details_size(), 0) << "a reason";
}

TEST_F(AdminServiceTest, TheLogTellsOfOrdersThatWereTaken) {
  admin::v1::SuspendDeliveryRequest suspend;
  suspend.mutable_scope()->set_domain("a.test");
  admin::v1::RerouteDeliveryRequest reroute;
  reroute.mutable_scope()->set_domain("a.test");
  reroute.set_host("spare.test");
  admin::v1::ResumeDeliveryRequest resume;
  *resume.mutable_scope() = suspend.scope();
  admin::v1::EndRerouteRequest end;
  *end.mutable_scope() = reroute.scope();
  // How the four calls ended.
  const auto call_all = [&] {
    std::vector<grpc::StatusCode> codes;
    admin::v1::SuspendDeliveryResponse suspended;
    codes.push_back(Try(&Stub::SuspendDelivery, suspend, &suspended).error_code());
    admin::v1::RerouteDeliveryResponse rerouted;
    codes.push_back(Try(&Stub::RerouteDelivery, reroute, &rerouted).error_code());
    admin::v1::ResumeDeliveryResponse resumed;
    codes.push_back(Try(&Stub::ResumeDelivery, resume, &resumed).error_code());
    admin::v1::EndRerouteResponse ended;
    codes.push_back(Try(&Stub::EndReroute, end, &ended).error_code());
    return codes;
  };
  const std::vector<std::string> events = {"delivery suspended", "delivery rerouted",
                                           "delivery resumed", "reroute ended"};

  store_->refuses = true;
  testing::internal::CaptureStderr();
  EXPECT_EQ(call_all(), (std::vector<grpc::StatusCode>{
                            grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::UNAVAILABLE,
                            grpc::StatusCode::NOT_FOUND, grpc::StatusCode::NOT_FOUND}));
  std::string log = testing::internal::GetCapturedStderr();
  for (const std::string& event : events) EXPECT_THAT(log, Not(HasSubstr(event)));

  store_->refuses = false;
  testing::internal::CaptureStderr();
  EXPECT_EQ(call_all(), std::vector<grpc::StatusCode>(4, grpc::StatusCode::OK));
  log = testing::internal::GetCapturedStderr();
  for (const std::string& event : events) EXPECT_THAT(log, HasSubstr(event));
  EXPECT_THAT(log, HasSubstr("\"value\":\"a.test\""));
}

TEST_F(AdminServiceTest, ListsInPages) {
  for (int i = 0; i < 5; ++i) {
    Accept(absl::StrCat("e", i), {absl::StrCat("x@", i % 2 == 0 ? "even" : "odd", ".test")},
           kTestStart + absl::Minutes(i));
  }
  admin::v1::ListQueueRequest request;
  request.mutable_filter()->set_domain("EVEN.test");
  request.set_page_size(2);
  std::vector<std::string> ids;
  do {
    const auto page = Call(&Stub::ListQueue, request);
    for (const auto& queued : page.recipients()) ids.push_back(queued.email_id());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(ids, (std::vector<std::string>{"e0", "e2", "e4"}));

  request.clear_page_token();
  request.set_page_token(Call(&Stub::ListQueue, request).next_page_token());
  request.mutable_filter()->set_domain("odd.test");
  admin::v1::ListQueueResponse response;
  EXPECT_EQ(Try(&Stub::ListQueue, request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT)
      << "a token of another filter";
}

TEST_F(AdminServiceTest, RetriesWhatASiteKeepsWaiting) {
  control_.SetSite("a.test", "mx1.test default port 25");
  control_.SetSite("b.test", "mx1.test default port 25");
  control_.SetSite("c.test", "mx2.test default port 25");
  Accept("a", {"x@a.test"});
  Accept("b", {"x@b.test"});
  Accept("c", {"x@c.test"});
  admin::v1::RetryQueueRequest request;
  request.mutable_filter()->set_site("mx1.test");
  const auto response = Call(&Stub::RetryQueue, request);
  EXPECT_EQ(response.changed(), 2);
  EXPECT_EQ(response.next_page_token(), "");
  EXPECT_EQ(Read("a").next_attempt_time, kTestStart);
  EXPECT_EQ(Read("b").next_attempt_time, kTestStart);
  EXPECT_EQ(Read("c").next_attempt_time, kTestStart + absl::Hours(1));
  EXPECT_EQ(control_.reopened(), (std::vector<std::string>{"a.test", "b.test"}));
  admin::v1::RetryQueueResponse refused;
  EXPECT_EQ(Try(&Stub::RetryQueue, admin::v1::RetryQueueRequest(), &refused).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT)
      << "all of the queue, by mistake";
}

TEST_F(AdminServiceTest, CancelsByTagInBoundedSteps) {
  constexpr int kEmails = 1500;
  for (int i = 0; i < kEmails; ++i) Accept(absl::StrCat("e", 10000 + i), {"x@a.test"});
  Accept("other", {"x@a.test"}, kTestStart + absl::Hours(1), "8");
  admin::v1::CancelQueueRequest request;
  (*request.mutable_filter()->mutable_tags())["run"] = "7";
  int changed = 0;
  int calls = 0;
  do {
    const auto response = Call(&Stub::CancelQueue, request);
    EXPECT_LE(response.changed(), 1000);
    changed += response.changed();
    request.set_page_token(response.next_page_token());
    ++calls;
  } while (!request.page_token().empty());
  EXPECT_EQ(changed, kEmails);
  EXPECT_GE(calls, 2);
  EXPECT_EQ(Read("e10000").failure_cause, storage::FailureCause::kCancelled);
  EXPECT_EQ(Read("other").state, RecipientState::kQueued);
  EXPECT_EQ(store_->Totals().recipients, 1);
}

TEST_F(AdminServiceTest, OnlyRecipientsOfTheDomainAreCancelled) {
  Accept("a", {"x@a.test", "x@b.test"});
  admin::v1::CancelQueueRequest request;
  request.mutable_filter()->set_domain("b.test");
  EXPECT_EQ(Call(&Stub::CancelQueue, request).changed(), 1);
  EXPECT_EQ(Read("a", 0).state, RecipientState::kQueued);
  EXPECT_EQ(Read("a", 1).state, RecipientState::kFailed);
}

TEST_F(AdminServiceTest, AnOnlyRecipientUnderWayIsNotAttemptedAgain) {
  Accept("a", {"x@a.test"}, kTestStart);
  const auto claimed = storage::AllOf(blocking_.ClaimDue(kTestStart, 1).value());
  admin::v1::CancelQueueRequest request;
  request.mutable_filter()->set_email_id("a");
  const auto response = Call(&Stub::CancelQueue, request);
  EXPECT_EQ(response.changed(), 0);
  EXPECT_EQ(response.claimed(), 1);
  ASSERT_TRUE(
      blocking_.RecordOutcomes({storage::Deferred(claimed.at(0), kTestStart + absl::Hours(1))})
          .ok());
  EXPECT_EQ(Read("a").failure_cause, storage::FailureCause::kCancelled);
}

TEST_F(AdminServiceTest, CountsTheQueueBySite) {
  control_.SetSite("a.test", "mx1.test default port 25");
  Accept("a", {"x@a.test", "y@a.test"});
  Accept("b", {"x@b.test"});
  const auto summary = Call(&Stub::SummarizeQueue, admin::v1::SummarizeQueueRequest());
  ASSERT_EQ(summary.sites_size(), 2);
  EXPECT_EQ(summary.sites(0).site(), "mx1.test default port 25");
  EXPECT_EQ(summary.sites(0).recipients(), 2);
  EXPECT_EQ(summary.sites(1).state(), admin::v1::SiteQueue::STATE_UNKNOWN);
  EXPECT_EQ(summary.total().recipients(), 3);
  EXPECT_EQ(summary.count_time().seconds(), absl::ToUnixSeconds(kTestStart));
}

TEST_F(AdminServiceTest, ExplainsWhoIsWanted) {
  Accept("a", {"x@a.test", "y@a.test"});
  delivery::Outlook outlook;
  outlook.stage = delivery::Outlook::Stage::kWaiting;
  outlook.obstacles = {{delivery::Obstacle::Kind::kSiteRate, "its site is at its rate"}};
  control_.SetOutlook(outlook);
  admin::v1::ExplainRecipientsRequest request;
  request.set_email_id("a");
  EXPECT_EQ(Call(&Stub::ExplainRecipients, request).explanations_size(), 2);
  request.set_recipient("y@A.test");
  const auto one = Call(&Stub::ExplainRecipients, request);
  ASSERT_EQ(one.explanations_size(), 1);
  EXPECT_EQ(one.explanations(0).recipient().recipient_index(), 1);
  EXPECT_EQ(one.explanations(0).reason(), "its site is at its rate");
  EXPECT_EQ(one.explanations(0).obstacles(0).kind(), admin::v1::Obstacle::KIND_SITE_RATE);
  admin::v1::ExplainRecipientsResponse response;
  request.set_recipient("z@a.test");
  EXPECT_EQ(Try(&Stub::ExplainRecipients, request, &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
  request.set_email_id("nobody");
  EXPECT_EQ(Try(&Stub::ExplainRecipients, request, &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(AdminServiceTest, DrainsAndGoesOn) {
  admin::v1::DrainDeliveryRequest request;
  request.set_drain(true);
  EXPECT_TRUE(Call(&Stub::DrainDelivery, request).delivery().draining());
  EXPECT_EQ(draining_, true);
  EXPECT_TRUE(control_.state().paused);
  EXPECT_TRUE(Call(&Stub::QueryDelivery, admin::v1::QueryDeliveryRequest()).delivery().draining());
  request.set_drain(false);
  EXPECT_FALSE(Call(&Stub::DrainDelivery, request).delivery().draining());
  EXPECT_EQ(draining_, false);
  EXPECT_FALSE(control_.state().paused);
}

TEST_F(AdminServiceTest, ChangesTheLogLevel) {
  admin::v1::ChangeLogLevelRequest request;
  EXPECT_EQ(Call(&Stub::ChangeLogLevel, request).level(), "info");
  request.set_level("debug");
  EXPECT_EQ(Call(&Stub::ChangeLogLevel, request).level(), "debug");
  EXPECT_TRUE(LogEnabled(LogLevel::kDebug));
  request.set_level("loud");
  admin::v1::ChangeLogLevelResponse response;
  EXPECT_EQ(Try(&Stub::ChangeLogLevel, request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  request.set_level("info");
  Call(&Stub::ChangeLogLevel, request);
}

class AdminAccessTest : public AdminServiceTest {
 protected:
  AdminAccessTest()
      : AdminServiceTest(WriteAccessFile(TenantYaml("shop", TestKey(1)) +
                                         "administrators: {keys: [" + KeyYaml(TestKey(2)) +
                                         "]}\n")) {}

  // How a call of `method` with `key`, and an empty request, ends.
  grpc::StatusCode CodeOf(const std::string& method, const std::string& key) {
    grpc::GenericStub generic(channel_);
    grpc::ClientContext context;
    if (!key.empty()) context.AddMetadata("authorization", absl::StrCat("Bearer ", key));
    grpc::ByteBuffer response;
    grpc::StatusCode code = grpc::StatusCode::UNKNOWN;
    absl::Notification done;
    grpc::Slice empty;
    const grpc::ByteBuffer nothing(&empty, 1);
    generic.UnaryCall(&context, absl::StrCat("/mailstrom.admin.v1.AdminService/", method), {},
                      &nothing, &response, [&](const grpc::Status& status) {
                        code = status.error_code();
                        done.Notify();
                      });
    done.WaitForNotification();
    return code;
  }
};

TEST_F(AdminAccessTest, EveryRpcIsForAdministratorsOnly) {
  const google::protobuf::ServiceDescriptor* service =
      admin::v1::SuspendDeliveryRequest::descriptor()->file()->FindServiceByName("AdminService");
  ASSERT_GT(service->method_count(), 10);
  for (int i = 0; i < service->method_count(); ++i) {
    const std::string method = service->method(i)->name();
    EXPECT_EQ(CodeOf(method, ""), grpc::StatusCode::UNAUTHENTICATED) << method;
    EXPECT_EQ(CodeOf(method, TestKey(1).text), grpc::StatusCode::PERMISSION_DENIED) << method;
    const grpc::StatusCode code = CodeOf(method, TestKey(2).text);
    EXPECT_TRUE(code == grpc::StatusCode::OK || code == grpc::StatusCode::INVALID_ARGUMENT)
        << method << " " << code;
  }
}

TEST_F(AdminAccessTest, TheCallerIsTheAuthorWhateverHeSays) {
  const ApiKey key = TestKey(2);
  grpc::ClientContext contexts[2];
  for (grpc::ClientContext& context : contexts) {
    context.AddMetadata("authorization", "Bearer " + key.text);
  }
  admin::v1::SuspendDeliveryRequest suspend;
  suspend.mutable_scope()->set_domain("a.test");
  suspend.set_author("somebody else");
  admin::v1::SuspendDeliveryResponse suspended;
  ASSERT_TRUE(stub_->SuspendDelivery(&contexts[0], suspend, &suspended).ok());
  EXPECT_EQ(suspended.suspension().author(), key.id);
  admin::v1::RerouteDeliveryRequest reroute;
  reroute.mutable_scope()->set_domain("a.test");
  reroute.set_host("mx.b.test");
  reroute.set_author("somebody else");
  admin::v1::RerouteDeliveryResponse rerouted;
  ASSERT_TRUE(stub_->RerouteDelivery(&contexts[1], reroute, &rerouted).ok());
  EXPECT_EQ(rerouted.reroute().author(), key.id);
  const std::vector<storage::StandingOrder> orders = blocking_.ListOrders().value();
  EXPECT_EQ(orders.size(), 2u);
  for (const storage::StandingOrder& order : orders) {
    EXPECT_EQ(order.author, key.id);
  }
}

}  // namespace
}  // namespace mailstrom::server
