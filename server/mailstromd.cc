#include "server/mailstromd.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "asio/executor_work_guard.hpp"
#include "asio/io_context.hpp"
#include "base/clock.h"
#include "base/duration_text.h"
#include "base/log.h"
#include "base/random_source.h"
#include "base/status_macros.h"
#include "delivery/asio_alarms.h"
#include "delivery/asio_transport.h"
#include "delivery/dns/caching_dns_client.h"
#include "delivery/dns/unbound_dns_client.h"
#include "delivery/engine.h"
#include "delivery/sites_report.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/health_check_service_interface.h"
#include "server/access_control.h"
#include "server/admin/admin_service.h"
#include "server/admin/order_book.h"
#include "server/backups.h"
#include "server/config_changes.h"
#include "server/delivery_options.h"
#include "server/dkim_keys.h"
#include "server/event_log/event_logger.h"
#include "server/metrics/delivery_metrics.h"
#include "server/metrics/dns_metrics.h"
#include "server/metrics/http_endpoint.h"
#include "server/metrics/metrics_page.h"
#include "server/metrics/order_metrics.h"
#include "server/metrics/process_metrics.h"
#include "server/metrics/site_metrics.h"
#include "server/metrics/store_metrics.h"
#include "server/metrics/submission_metrics.h"
#include "server/metrics/tls_metrics.h"
#include "server/readiness.h"
#include "server/service.h"
#include "server/source_config.h"
#include "server/status_hub.h"
#include "server/tls_credentials.h"
#include "server/tls_files.h"
#include "storage/memory_store.h"
#include "storage/rocksdb_store.h"

namespace mailstrom::server {
namespace {

using config::v1::ServerConfig;

// Of the newest events, kept for watchers who join: some 5000, a quarter of a second at the highest
// rate, while a watcher's last look at the log takes milliseconds.
constexpr size_t kHubWindowBytes = size_t{4} << 20;
constexpr size_t kMebibyte = size_t{1} << 20;
// After the drain, how long calls under way may take before they are cancelled.
constexpr absl::Duration kCallGrace = absl::Seconds(2);
// Whoever asks for metrics does not wait for long.
constexpr absl::Duration kReportPatience = absl::Seconds(1);
// At the end, for whoever reads the log to take what is left.
constexpr absl::Duration kLogPatience = absl::Seconds(2);
// Of the health service: what is SERVING from the start to the end, so that whoever watches over
// the process can tell one that hangs from one that drains or whose disk is full.
constexpr char kLivenessService[] = "liveness";

storage::StoreLimits MakeStoreLimits(const ServerConfig& config) {
  return {.max_queued_emails = config.limits().max_queued_emails(),
          .max_queued_bytes = config.limits().max_queued_bytes()};
}

absl::StatusOr<std::unique_ptr<storage::Store>> OpenStore(const ServerConfig& config,
                                                          storage::EmbeddedStore*& embedded) {
  const storage::StoreLimits limits = MakeStoreLimits(config);
  if (config.store().has_memory()) return storage::NewMemoryStore(limits);
  const config::v1::RocksDbStoreConfig& rocksdb = config.store().rocksdb();
  storage::RocksDbStoreOptions options;
  options.path = rocksdb.path();
  options.block_cache_bytes = static_cast<size_t>(rocksdb.block_cache_bytes());
  options.limits = limits;
  options.retention = FromProto(rocksdb.retention());
  ASSIGN_OR_RETURN(std::unique_ptr<storage::EmbeddedStore> store,
                   storage::OpenRocksDbStore(std::move(options)));
  embedded = store.get();
  return store;
}

SubmissionOptions MakeSubmissionOptions(const ServerConfig& config) {
  SubmissionOptions options;
  options.limits.max_message_bytes = config.limits().max_message_bytes();
  options.limits.max_recipients = config.limits().max_recipients();
  options.host_name = config.host_name();
  options.default_lifetime = FromProto(config.delivery().retry().lifetime());
  return options;
}

// Twice the limit, so that a message that is somewhat too large is refused by name, and one that is
// far too large before it fills the memory.
size_t MaxReceivedBytes(const ServerConfig& config) {
  return static_cast<size_t>(2 * config.limits().max_message_bytes()) + kMebibyte;
}

// Of all messages that are arriving, together. A message is received as a whole before anything is
// asked about its caller, so those without credentials could else fill the memory.
size_t CallMemoryBytes(const ServerConfig& config) {
  return std::max(256 * kMebibyte, 3 * MaxReceivedBytes(config));
}

// The memory store makes none.
BackupOptions MakeBackupOptions(const ServerConfig& config) {
  const config::v1::RocksDbStoreConfig& rocksdb = config.store().rocksdb();
  BackupOptions options;
  options.directory = rocksdb.backup_directory();
  if (rocksdb.has_backup_interval()) options.interval = FromProto(rocksdb.backup_interval());
  options.kept = rocksdb.backups_kept();
  return options;
}

void LogReload(absl::string_view what, const absl::StatusOr<bool>& changed) {
  if (!changed.ok()) {
    LogError(absl::StrCat(what, " not reloaded"),
             {{"error", std::string(changed.status().message())}});
  } else if (*changed) {
    LogInfo(absl::StrCat(what, " reloaded"));
  }
}

// What happens on the delivery thread, counted.
struct MetricsOfDelivery {
  explicit MetricsOfDelivery(MetricsPage& page) : attempts(page), dns(page), tls(page.registry()) {}

  DeliveryMetrics attempts;
  DnsMetrics dns;
  TlsMetrics tls;
};

// Delivery and the one thread on which all of it lives. `io` must outlive the store: its callbacks
// are posted there.
class DeliveryThread {
 public:
  static absl::StatusOr<std::unique_ptr<DeliveryThread>> Create(
      const ServerConfig& config, asio::io_context& io, storage::Store& store, const Clock& clock,
      RandomSource& random, MetricsOfDelivery& metrics) {
    auto thread = std::unique_ptr<DeliveryThread>(new DeliveryThread(io));
    ASSIGN_OR_RETURN(thread->dns_,
                     delivery::UnboundDnsClient::Create(io.get_executor(), thread->alarms_,
                                                        MakeDnsOptions(config.dns())));
    delivery::AsioConnectorOptions connector;
    connector.trusted_roots_file = config.delivery().trust_store_file();
    thread->connector_ =
        std::make_unique<delivery::AsioConnector>(thread->alarms_, std::move(connector));
    thread->metered_connector_.emplace(*thread->connector_, metrics.tls);
    RETURN_IF_ERROR(CheckSourceAddresses(config.delivery()));
    ASSIGN_OR_RETURN(delivery::EngineOptions options, MakeEngineOptions(config));
    thread->metered_dns_.emplace(*thread->dns_, clock, metrics.dns);
    thread->cached_dns_.emplace(*thread->metered_dns_, clock,
                                static_cast<size_t>(AnswerCacheBytes(config.dns())));
    thread->engine_.emplace(std::move(options), store, clock, thread->alarms_, *thread->cached_dns_,
                            *thread->metered_connector_, random, io.get_executor(),
                            &metrics.attempts);
    return thread;
  }

  ~DeliveryThread() {
    work_.reset();
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  void Start() {
    thread_ = std::thread([this] { io_.run(); });
    engine_->Start();
  }

  void SetPolicies(const delivery::EngineOptions& options) {
    engine_->SetPolicies(delivery::MakeSitePolicies(options));
  }

  delivery::Control& control() { return *engine_; }

  // What sites are doing now; nothing when the thread is too busy to say.
  std::optional<delivery::SitesReport> ReportSites() {
    // Shared with an answer that comes too late.
    const auto report = std::make_shared<std::pair<absl::Notification, delivery::SitesReport>>();
    engine_->ReportSites(kNamedSites, [report](delivery::SitesReport sites) {
      report->second = std::move(sites);
      report->first.Notify();
    });
    if (!report->first.WaitForNotificationWithTimeout(kReportPatience)) return std::nullopt;
    return report->second;
  }

  // Returns when no session is left and every outcome is recorded or given up.
  void Drain(absl::Duration deadline) {
    absl::Notification drained;
    engine_->Drain(deadline, [&drained] { drained.Notify(); });
    drained.WaitForNotification();
  }

 private:
  explicit DeliveryThread(asio::io_context& io)
      : io_(io), work_(io.get_executor()), alarms_(io.get_executor()) {}

  asio::io_context& io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  delivery::AsioAlarms alarms_;
  std::unique_ptr<delivery::UnboundDnsClient> dns_;
  std::optional<MeteredDnsClient> metered_dns_;
  std::optional<delivery::CachingDnsClient> cached_dns_;
  std::unique_ptr<delivery::AsioConnector> connector_;
  std::optional<MeteredConnector> metered_connector_;
  std::optional<delivery::Engine> engine_;
  std::thread thread_;
};

class MailstromdImpl final : public Mailstromd {
 public:
  explicit MailstromdImpl(const ServerConfig& config)
      : config_(config),
        keys_(config.dkim()),
        access_(config.access(), clock_),
        tls_files_(config.tls()) {
    call_memory_.Resize(CallMemoryBytes(config));
  }

  absl::Status Start() {
    RETURN_IF_ERROR(keys_.Reload().status());
    RETURN_IF_ERROR(access_.Reload().status());
    if (config_.has_tls()) RETURN_IF_ERROR(tls_files_.Reload().status());
    // First, for a large store takes some time to open.
    RETURN_IF_ERROR(StartEndpoint());
    ASSIGN_OR_RETURN(store_, OpenStore(config_, embedded_));
    backups_.emplace(MakeBackupOptions(config_), clock_,
                     [this](const std::string& folder) { return embedded_->BackUp(folder); });
    ASSIGN_OR_RETURN(delivery_, DeliveryThread::Create(config_, io_, *store_, clock_, random_,
                                                       delivery_metrics_));
    hub_ = std::make_unique<StatusHub>(*store_, kHubWindowBytes);
    if (config_.log().events()) event_logger_.emplace(*hub_);
    watches_ = std::make_unique<WatchStreams>(
        *store_, *hub_,
        WatchOptions{.heartbeat_interval = FromProto(config_.watch().heartbeat_interval())});
    service_ = std::make_unique<Service>(*store_, *watches_, clock_, random_, keys_, access_,
                                         MakeSubmissionOptions(config_), SendEmailsOptions(),
                                         &submission_metrics_);
    orders_.emplace(*store_, delivery_->control(), clock_);
    RETURN_IF_ERROR(orders_->Load());
    admin_.emplace(*store_, delivery_->control(), *orders_, clock_, access_,
                   [this](bool draining) { SetDraining(draining); });
    RETURN_IF_ERROR(Listen());
    delivery_->Start();
    AddMetricsOfTheMoment();
    readiness_.emplace(*store_, [this](bool ready) { SetHealthy(ready); });
    return absl::OkStatus();
  }

  std::string address() const override { return address_; }

  void BackUp() override { backups_->Make(); }
  void BackUpIfDue() override { backups_->MakeIfDue(); }

  void ReloadFiles() override {
    LogReload("keys", keys_.Reload());
    LogReload("access file", access_.Reload());
    // Even if it is the same, for credentials may have come to their end.
    service_->EndStreamsNotAdmitted();
    if (config_.has_tls()) LogReload("tls files", tls_files_.Reload());
  }

  absl::Status ReloadPolicies(const ServerConfig& config) override {
    // What can fail comes first, so that all of it is taken or nothing.
    ASSIGN_OR_RETURN(const delivery::EngineOptions options, MakeEngineOptions(config));
    RETURN_IF_ERROR(CheckSourceAddresses(config.delivery()));
    RETURN_IF_ERROR(keys_.Replace(config.dkim()));
    delivery_->SetPolicies(options);
    const std::vector<std::string> waiting = ChangesThatWait(config_, config);
    if (!waiting.empty()) {
      LogWarning("settings wait for a restart", {{"settings", absl::StrJoin(waiting, ", ")}});
    }
    return absl::OkStatus();
  }

  void Stop() override {
    readiness_.reset();
    SetHealthy(false);
    service_->StopAccepting();
    delivery_->Drain(FromProto(config_.shutdown().drain_deadline()));
    // Watches go last, so that they still see the outcomes of the last sessions.
    watches_->Drain();
    if (event_logger_.has_value()) event_logger_->Flush(store_->LastSequence(), kLogPatience);
    const auto deadline = std::chrono::system_clock::now() + absl::ToChronoMilliseconds(kCallGrace);
    if (admin_grpc_ != nullptr) admin_grpc_->Shutdown(deadline);
    grpc_->Shutdown(deadline);
    if (admin_grpc_ != nullptr) admin_grpc_->Wait();
    grpc_->Wait();
  }

 private:
  absl::Status StartEndpoint() {
    const std::string& address = config_.metrics().listen_address();
    if (address.empty()) return absl::OkStatus();
    metrics_page_.Add(AddProcessMetrics);
    metrics_page_.Add([this](MetricFamilies& families) {
      AddGauge(families, "mailstrom_ready", "1 while callers should be sent here, as /readyz says.",
               serving_.load() ? 1 : 0);
    });
    ASSIGN_OR_RETURN(
        endpoint_,
        HttpEndpoint::Start(address, {{"/metrics", [this] { return metrics_page_.Render(); }},
                                      {"/healthz", [] { return HttpResponse{.body = "alive\n"}; }},
                                      {"/readyz", [this] { return AnswerReady(); }}}));
    LogInfo("serving metrics", {{"address", endpoint_->address()}});
    return absl::OkStatus();
  }

  HttpResponse AnswerReady() const {
    return serving_.load() ? HttpResponse{.body = "ready\n"}
                           : HttpResponse{.status = 503, .body = "not ready\n"};
  }

  void AddMetricsOfTheMoment() {
    metrics_page_.Add([this](MetricFamilies& families) {
      AddStoreMetrics(*store_, MakeStoreLimits(config_), families);
      if (embedded_ != nullptr) AddEmbeddedStoreMetrics(*embedded_, clock_.Now(), families);
      AddSuspensionMetrics(orders_->List(storage::StandingOrder::Kind::kSuspend), clock_.Now(),
                           families);
      if (const auto sites = delivery_->ReportSites()) AddSiteMetrics(*sites, families);
      AddGauge(families, "mailstrom_watch_streams", "Open WatchStatus streams.",
               static_cast<double>(watches_->size()));
    });
  }

  absl::Status Listen() {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    const std::string& admin_address = config_.admin().listen_address();
    std::vector<grpc::Service*> services = {service_.get()};
    if (admin_address.empty()) services.push_back(&*admin_);
    ASSIGN_OR_RETURN(address_, Serve(config_.listen_address(), services, grpc_));
    if (!admin_address.empty()) {
      ASSIGN_OR_RETURN(const std::string address, Serve(admin_address, {&*admin_}, admin_grpc_));
      LogInfo("serving administration", {{"address", address}});
    }
    SetServing(false);
    grpc_->GetHealthCheckService()->SetServingStatus(kLivenessService, true);
    return absl::OkStatus();
  }

  std::shared_ptr<grpc::ServerCredentials> MakeCredentials() const {
    if (!config_.has_tls()) return grpc::InsecureServerCredentials();
    return std::make_shared<TlsCredentials>(tls_files_, config_.tls().require_client_certificate());
  }

  // Starts `server`; where it listens, with the real port.
  absl::StatusOr<std::string> Serve(const std::string& address,
                                    const std::vector<grpc::Service*>& services,
                                    std::unique_ptr<grpc::Server>& server) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(address, credentials_.emplace_back(MakeCredentials()), &port);
    for (grpc::Service* service : services) builder.RegisterService(service);
    builder.SetMaxReceiveMessageSize(static_cast<int>(MaxReceivedBytes(config_)));
    builder.SetResourceQuota(call_memory_);
    // Two servers on one address would each get half of the calls.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    server = builder.BuildAndStart();
    if (server == nullptr || port == 0) {
      return absl::UnavailableError(absl::StrCat("cannot listen on ", address));
    }
    return absl::StrCat(absl::string_view(address).substr(0, address.rfind(':')), ":", port);
  }

  void SetHealthy(bool healthy) {
    absl::MutexLock lock(&serving_mutex_);
    healthy_ = healthy;
    SetServing(healthy_ && !draining_);
  }

  void SetDraining(bool draining) {
    absl::MutexLock lock(&serving_mutex_);
    draining_ = draining;
    SetServing(healthy_ && !draining_);
  }

  void SetServing(bool serving) {
    serving_.store(serving);
    grpc::HealthCheckServiceInterface& health = *grpc_->GetHealthCheckService();
    // By name: without one, it would be set for kLivenessService, too.
    health.SetServingStatus("", serving);
    health.SetServingStatus(v1::MailstromService::service_full_name(), serving);
  }

  const ServerConfig config_;
  SystemClock clock_;
  SystemRandomSource random_;
  DkimKeys keys_;
  AccessControl access_;
  TlsFiles tls_files_;
  // Of each address.
  std::vector<std::shared_ptr<grpc::ServerCredentials>> credentials_;
  // Of both.
  grpc::ResourceQuota call_memory_{"calls"};
  MetricsPage metrics_page_;
  SubmissionMetrics submission_metrics_{metrics_page_};
  MetricsOfDelivery delivery_metrics_{metrics_page_};
  // What health says.
  std::atomic<bool> serving_ = false;
  absl::Mutex serving_mutex_;
  // The store is, and nobody stops the server.
  bool healthy_ ABSL_GUARDED_BY(serving_mutex_) = false;
  // An operator drains delivery.
  bool draining_ ABSL_GUARDED_BY(serving_mutex_) = false;
  // Destroyed in reverse: whoever uses the store is gone before it, and the store, whose callbacks
  // post to `io_`, before that.
  asio::io_context io_{1};
  std::unique_ptr<storage::Store> store_;
  // The store, when it is the embedded one; else null.
  storage::EmbeddedStore* embedded_ = nullptr;
  // Of the embedded store.
  std::optional<Backups> backups_;
  std::unique_ptr<DeliveryThread> delivery_;
  std::optional<OrderBook> orders_;
  std::optional<AdminService> admin_;
  std::unique_ptr<StatusHub> hub_;
  std::optional<EventLogger> event_logger_;
  std::unique_ptr<WatchStreams> watches_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<grpc::Server> grpc_;
  // Null while administrators call on the same address as all others.
  std::unique_ptr<grpc::Server> admin_grpc_;
  std::optional<Readiness> readiness_;
  std::string address_;
  // Last, because its pages look at all else.
  std::unique_ptr<HttpEndpoint> endpoint_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Mailstromd>> Mailstromd::Start(const ServerConfig& config) {
  auto server = std::make_unique<MailstromdImpl>(config);
  RETURN_IF_ERROR(server->Start());
  return std::unique_ptr<Mailstromd>(std::move(server));
}

}  // namespace mailstrom::server
