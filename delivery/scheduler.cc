#include "delivery/scheduler.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "asio/post.hpp"
#include "base/log.h"
#include "delivery/attempt_record.h"
#include "delivery/reply_policy.h"
#include "delivery/spawn.h"

namespace mailstrom::delivery {
namespace {

constexpr size_t kMemorySize = 10000;
// The strand has other work, too.
constexpr int kInOneGo = 100;
// When a message cannot be read, it is tried again after that.
constexpr absl::Duration kUnreadablePause = absl::Minutes(1);
// Between two tries to end an attempt that takes too long.
constexpr absl::Duration kCutOffInterval = absl::Seconds(1);
// Beyond a drain's deadline, for attempts that are cut off to end.
constexpr absl::Duration kCancellingTime = absl::Milliseconds(100);
// Beyond that, for what the store still has to take.
constexpr absl::Duration kSettlingTime = absl::Seconds(5);

absl::flat_hash_set<std::string> OwnNames(const EngineOptions& options) {
  absl::flat_hash_set<std::string> names = {absl::AsciiStrToLower(options.hello_name)};
  for (const std::string& name : options.own_names) names.insert(absl::AsciiStrToLower(name));
  return names;
}

std::vector<storage::ClaimedRecipient> ClaimedOf(std::vector<ParcelRecipient> recipients) {
  std::vector<storage::ClaimedRecipient> claimed;
  claimed.reserve(recipients.size());
  for (ParcelRecipient& recipient : recipients) claimed.push_back(std::move(recipient.claimed));
  return claimed;
}

}  // namespace

std::shared_ptr<Scheduler> Scheduler::Create(EngineOptions options, SchedulerParts parts) {
  std::shared_ptr<Scheduler> scheduler(new Scheduler(std::move(options), std::move(parts)));
  scheduler->ConnectParts();
  return scheduler;
}

Scheduler::Scheduler(EngineOptions options, SchedulerParts parts)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      filter_(MakeDestinationFilter(options_)),
      dane_(parts_.dns),
      broken_starttls_(kMemorySize),
      unreachable_(kMemorySize),
      policies_(std::make_shared<const SitePolicies>(MakeSitePolicies(options_))),
      sites_(SiteHealthOptions(), options_.limits.sites),
      known_sites_(options_.limits.sites),
      shaper_({options_.limits.connections_per_second, options_.limits.messages_per_second},
              options_.limits.sites, sites_, parts_.clock, parts_.alarms,
              {[this](const std::string& site_key) { return connections_.count(site_key) > 0; },
               [this](const std::string& site_key, const std::string& limited_domain) {
                 if (!limited_domain.empty()) queues_.LaneChanged(site_key, limited_domain);
                 queues_.LimitChanged(site_key);
               },
               [this] { Dispatch(); }}),
      queues_(
          options_.limits.connections,
          // Those that say goodbye are still open to the site.
          [this](const std::string& site_key) {
            return shaper_.SiteLimit(site_key) - closer_.count(site_key);
          },
          [this](const Parcel& parcel) { return shaper_.MayStart(parcel); }),
      closer_(parts_.executor, [this](const std::string& site_key) { OnClosed(site_key); }),
      connections_(parts_.alarms, options_.limits.connection_idle, options_.limits.connections,
                   [this](std::unique_ptr<smtp::Session> session, const std::string& site_key) {
                     closer_.Close(std::move(session), site_key);
                   }) {}

void Scheduler::ConnectParts() {
  const asio::any_io_executor& executor = parts_.executor;
  if (options_.use_mta_sts) {
    sts_ = std::make_shared<StsResolver>(
        parts_.dns, parts_.clock,
        StsFetcher(parts_.dns, parts_.random, filter_, parts_.connector, parts_.alarms),
        StsCache(options_.mta_sts_directory, kMemorySize, parts_.clock.Now()),
        [weak = weak_from_this()] {
          if (const auto self = weak.lock()) self->FinishDrainIfQuiet();
        });
  }
  routes_ = std::make_shared<RouteFinder>(parts_.dns, parts_.random, OwnNames(options_), executor,
                                          options_.limits.lookups, sts_);
  router_ = std::make_shared<EmailRouter>(
      *routes_, parts_.clock, parts_.alarms, policies_,
      EmailRouter::Hooks{[this](Parcel parcel) {
                           Enqueue(std::move(parcel));
                           Dispatch();
                         },
                         [this](std::shared_ptr<const storage::EmailRecord> email,
                                std::vector<ParcelRecipient> recipients, const MxRoute& route) {
                           const Verdict verdict = JudgeRoute(route.kind);
                           storage::Attempt attempt;
                           attempt.phase = storage::Phase::kDns;
                           attempt.description = Describe(verdict, route.description);
                           outcomes_->RecordAll(*email, ClaimedOf(std::move(recipients)), verdict,
                                                std::move(attempt), policies_->defaults().retry);
                         },
                         [this](const std::string& domain, const Site& site) {
                           known_sites_.Note(domain, site.key);
                         }});
  contents_ = std::make_shared<ContentReader>(parts_.store, executor);
  settler_ = std::make_shared<ClaimSettler>(parts_.store, parts_.alarms, executor,
                                            [this](int claims) { OnSettled(claims); });
  outcomes_.emplace(parts_.clock, parts_.random, settler_, parts_.observer);
  enforcer_ = std::make_shared<OrderEnforcer>(
      parts_.clock, executor, *outcomes_,
      OrderEnforcer::Hooks{[this](Parcel parcel) { Enqueue(std::move(parcel)); },
                           [this] { Dispatch(); }});
  intake_ = std::make_shared<Intake>(
      parts_.clock, executor, settler_, *outcomes_,
      Intake::Hooks{[this](std::shared_ptr<const storage::EmailRecord> email,
                           std::vector<DomainGroup> groups) {
                      groups = enforcer_->HoldBack(*email, std::move(groups));
                      router_->Route(std::move(email), std::move(groups));
                    },
                    [this](const storage::EmailRecord& email,
                           std::vector<storage::ClaimedRecipient> recipients) {
                      const Verdict verdict = JudgeMalformedAddress();
                      storage::Attempt attempt;
                      attempt.description = Describe(verdict, "this is not a mail address");
                      outcomes_->RecordAll(email, std::move(recipients), verdict,
                                           std::move(attempt), policies_->defaults().retry);
                    }});
  claimer_ = std::make_shared<Claimer>(
      parts_.store, parts_.clock, parts_.alarms, executor,
      Claimer::Hooks{[this] { return Room(); },
                     [this](std::vector<storage::ClaimedEmail> emails) { Take(std::move(emails)); },
                     [this] { Dispatch(); }});
  context_ = std::make_unique<AttemptContext>(
      AttemptContext{options_, parts_.clock, parts_.alarms, parts_.random, routes_->resolver(),
                     dane_, filter_, parts_.connector, connections_, broken_starttls_, unreachable_,
                     [this](std::string site_key, std::string limited_domain) {
                       return BeforeConnect(std::move(site_key), std::move(limited_domain));
                     },
                     [this](std::string site_key, std::string limited_domain) {
                       return shaper_.AwaitMessage(std::move(site_key), std::move(limited_domain));
                     }});
}

SitesReport Scheduler::ReportSites(size_t max_named) const {
  return delivery::ReportSites(sites_, queues_, parts_.clock.Now(), max_named);
}

asio::awaitable<void> Scheduler::BeforeConnect(std::string site_key, std::string limited_domain) {
  co_await shaper_.AwaitConnection(site_key, std::move(limited_domain));
  if (!closed_) MakeRoom(site_key);
}

void Scheduler::MakeRoom(const std::string& site_key) {
  const SiteEntry& site = sites_.Get(site_key);
  // Idle connections count like those at work.
  const int site_limit = site.health.Limit(parts_.clock.Now());
  connections_.Trim(site_key, site_limit - queues_.running(site_key));
  connections_.TrimAll(std::max(options_.limits.connections - queues_.running(), 0));
}

void Scheduler::OnClosed(const std::string& site_key) {
  if (closed_) return;
  queues_.LimitChanged(site_key);
  Dispatch();
  FinishDrainIfQuiet();
}

Scheduler::~Scheduler() = default;

void Scheduler::Start() { claimer_->Start(); }

void Scheduler::SetPolicies(std::shared_ptr<const SitePolicies> policies) {
  policies_ = std::move(policies);
  router_->SetPolicies(policies_);
}

void Scheduler::SetOrders(std::shared_ptr<const Orders> orders, absl::AnyInvocable<void()> done) {
  router_->SetOrders(orders);
  enforcer_->SetOrders(std::move(orders));
  if (draining_) return done();
  settler_->UndoHolds(std::move(done));
  enforcer_->Reconsider(queues_.TakeAll());
}

void Scheduler::SetPaused(bool paused) {
  paused_ = paused;
  if (paused_ || draining_) return;
  Dispatch();
  claimer_->Poke();
}

bool Scheduler::CanRecord() const { return !settler_->failing() && parts_.store.Health().ok(); }

int Scheduler::Room() const {
  if (draining_ || paused_ || !CanRecord()) return 0;
  const int window = options_.limits.claim_window;
  const int room = window - in_hand_;
  // Many small claims cost the store more than a few large ones.
  return in_hand_ > 0 && room < window / 16 ? 0 : room;
}

void Scheduler::Take(std::vector<storage::ClaimedEmail> emails) {
  for (const storage::ClaimedEmail& email : emails) {
    in_hand_ += static_cast<int>(email.recipients.size());
  }
  intake_->Take(std::move(emails));
}

void Scheduler::Enqueue(Parcel parcel) {
  if (!enforcer_->HoldBack(parcel)) return;
  const absl::Time now = parts_.clock.Now();
  SiteEntry& site = sites_.Get(parcel.site.key);
  site.SetPolicy(parcel.site.policy);
  if (!parcel.limited_domain.empty()) {
    shaper_.SetDomainLimits(parcel.limited_domain,
                            policies_->DomainLimitsFor(parcel.limited_domain));
  }
  switch (site.health.AdviceAt(now)) {
    case SiteHealth::Advice::kHold:
      outcomes_->Release(parcel.recipients, *parcel.email, site.health.suspended_until());
      return;
    case SiteHealth::Advice::kDefer:
      HoldForDeadSite(parcel, site);
      return;
    case SiteHealth::Advice::kGo:
      break;
  }
  // The fuller the window, the less of it one site may fill: what is beyond its share comes back
  // when the site is likely to get to it, and work for other sites finds room.
  const int waiting = queues_.waiting(parcel.site.key);
  const int count = static_cast<int>(parcel.recipients.size());
  const int share =
      std::max(parcel.site.policy->connections, (options_.limits.claim_window - in_hand_) / 2);
  if (waiting > 0 && waiting + count > share) {
    outcomes_->Release(parcel.recipients, *parcel.email, site.pacer.NextTurn(count, waiting, now));
    return;
  }
  queues_.Push(std::move(parcel));
}

void Scheduler::Dispatch() {
  // Outcomes that cannot be recorded must not pile up: if the process died, each would be a second
  // delivery.
  while (!draining_ && !paused_ && CanRecord()) {
    const Parcel* next = queues_.Peek();
    if (next == nullptr) return;
    const int64_t size_bytes = next->email->size_bytes;
    if (content_bytes_ > 0 && content_bytes_ + size_bytes > options_.limits.content_bytes) return;
    content_bytes_ += size_bytes;
    shaper_.AttemptBegan(*next);
    auto cancel = std::make_shared<asio::cancellation_signal>();
    Spawn(parts_.executor, "attempt", Run(shared_from_this(), queues_.Pop(), cancel), cancel);
  }
}

asio::awaitable<void> Scheduler::Run(std::shared_ptr<Scheduler> self, Parcel parcel,
                                     std::shared_ptr<asio::cancellation_signal> cancel) {
  Running running;
  running.cancel = std::move(cancel);
  running.parcel = &parcel;
  self->under_way_.insert(&running);
  co_await self->Deliver(parcel, running);
  self->under_way_.erase(&running);
  self->content_bytes_ -= parcel.email->size_bytes;
  self->queues_.Finished(parcel.site.key);
  self->shaper_.AttemptEnded(parcel);
  self->Dispatch();
  self->FinishDrainIfQuiet();
}

asio::awaitable<void> Scheduler::Deliver(Parcel& parcel, Running& running) {
  if (parts_.clock.Now() >= parcel.email->expire_time) {
    outcomes_->Expire(ClaimedOf(std::move(parcel.recipients)));
    co_return;
  }
  const absl::StatusOr<ContentReader::Content> content =
      co_await ContentReader::Read(contents_, parcel.email->email_id);
  if (!content.ok()) {
    LogError("message cannot be read", {{"email_id", parcel.email->email_id},
                                        {"error", std::string(content.status().message())}});
    outcomes_->Release(parcel.recipients, *parcel.email, parts_.clock.Now() + kUnreadablePause);
    co_return;
  }
  if (aborting_) {
    outcomes_->Release(parcel.recipients, *parcel.email, parts_.clock.Now());
    co_return;
  }
  co_await Attend(parcel, running, *content);
}

asio::awaitable<void> Scheduler::Attend(Parcel& parcel, Running& running,
                                        ContentReader::Content content) {
  AttemptRequest request;
  request.site = parcel.site;
  request.source = parcel.source;
  request.limited_domain = parcel.limited_domain;
  ReversePath reverse_path = ToReversePath(parcel.email->reverse_path);
  request.message.reverse_path = std::move(reverse_path.path);
  for (const ParcelRecipient& recipient : parcel.recipients) {
    request.message.forward_paths.push_back(recipient.forward_path);
  }
  request.message.message = std::move(content);
  request.message.is_8bit = parcel.email->is_8bit;
  request.message.needs_smtputf8 = parcel.needs_smtputf8 || reverse_path.needs_smtputf8;
  Attempt attempt(*context_, std::move(request));
  running.attempt = &attempt;
  running_.insert(&running);
  running.watchdog =
      parts_.alarms.Set(options_.limits.attempt_duration, [this, &running] { CutOff(running); });
  AttemptResult result = co_await attempt.Run();
  running.attempt = nullptr;
  // After Shutdown nothing that was passed in may be touched.
  if (closed_) co_return;
  parts_.alarms.Cancel(running.watchdog);
  running_.erase(&running);
  LearnAboutSite(parcel, result);
  OutcomeRecorder::Unheard unheard =
      outcomes_->RecordResult(parcel, std::move(result), running.overdue);
  if (!unheard.recipients.empty()) HoldForRoom(parcel, std::move(unheard));
}

void Scheduler::LearnAboutSite(const Parcel& parcel, const AttemptResult& result) {
  if (aborting_ || result.recipients.empty()) return;
  const absl::Time now = parts_.clock.Now();
  const storage::Attempt& record = result.recipients.back().record;
  SiteEntry& site = sites_.Get(parcel.site.key);
  const bool is_last =
      queues_.waiting(parcel.site.key) == 0 && queues_.running(parcel.site.key) <= 1;
  site.pacer.OnDone(static_cast<int>(parcel.recipients.size()), is_last, now);
  bool suspended =
      site.health.OnAttempt(result.site_effect, record.start_time, now, parts_.random.NextUnit());
  if (result.suspend_site > absl::ZeroDuration()) {
    site.health.SuspendFor(result.suspend_site, now);
    suspended = true;
  }
  if (!suspended) {
    queues_.LimitChanged(parcel.site.key);
    return;
  }
  site.last_failure = record;
  LogWarning("site suspended",
             {{"site", parcel.site.key},
              {"until", absl::FormatTime(site.health.suspended_until(), absl::UTCTimeZone())}});
  PutAway(parcel.site.key);
}

void Scheduler::PutAway(const std::string& site_key) {
  if (closed_) return;
  for (Parcel& waiting : queues_.Take(site_key, kInOneGo)) Enqueue(std::move(waiting));
  if (queues_.waiting(site_key) == 0) return;
  if (sites_.Get(site_key).health.AdviceAt(parts_.clock.Now()) == SiteHealth::Advice::kGo) {
    queues_.LimitChanged(site_key);
    Dispatch();
    return;
  }
  asio::post(parts_.executor, [weak = weak_from_this(), site_key] {
    if (const auto self = weak.lock()) self->PutAway(site_key);
  });
}

void Scheduler::HoldForDeadSite(const Parcel& parcel, const SiteEntry& site) {
  storage::Attempt met = site.last_failure;
  met.start_time = met.end_time = parts_.clock.Now();
  met.description =
      Describe(JudgeSuspendedSite(),
               absl::StrCat("the site is not tried for now, it failed before: ", met.description));
  outcomes_->Hold(*parcel.email, parcel.recipients, std::move(met), site.health.suspended_until());
}

void Scheduler::HoldForRoom(const Parcel& parcel, OutcomeRecorder::Unheard unheard) {
  const absl::Time now = parts_.clock.Now();
  SiteEntry& site = sites_.Get(parcel.site.key);
  const int count = static_cast<int>(unheard.recipients.size());
  const absl::Time due_time =
      site.health.AdviceAt(now) == SiteHealth::Advice::kGo
          ? site.pacer.NextTurn(count, queues_.waiting(parcel.site.key), now)
          : site.health.suspended_until();
  outcomes_->Hold(*parcel.email, unheard.recipients, std::move(unheard.refusal), due_time);
}

void Scheduler::CutOff(Running& running) {
  running.overdue = true;
  running.attempt->Abort();
  // A wait for DNS or a connection has time-outs of its own; one that outlives them all is wedged.
  // Another may come after it.
  if (running.attempt->abandonable()) {
    running.cancel->emit(asio::cancellation_type::terminal);
  }
  running.watchdog = parts_.alarms.Set(kCutOffInterval, [this, &running] { CutOff(running); });
}

void Scheduler::OnSettled(int claims) {
  in_hand_ -= claims;
  Dispatch();
  claimer_->Poke();
  FinishDrainIfQuiet();
}

void Scheduler::Drain(absl::Duration deadline, absl::AnyInvocable<void()> done) {
  drained_ = std::move(done);
  draining_ = true;
  claimer_->Stop();
  shaper_.Stop();
  intake_->Stop();
  enforcer_->Stop();
  std::vector<Parcel> parcels = router_->Stop();
  for (Parcel& parcel : queues_.TakeAll()) parcels.push_back(std::move(parcel));
  for (const Parcel& parcel : parcels) {
    outcomes_->Release(parcel.recipients, *parcel.email, parts_.clock.Now());
  }
  connections_.Close();
  deadline_ = parts_.alarms.Set(deadline, [this] { Abort(); });
  FinishDrainIfQuiet();
}

void Scheduler::Abort() {
  aborting_ = true;
  for (Running* running : running_) {
    running->attempt->Abort();
    if (running->attempt->abandonable()) {
      running->cancel->emit(asio::cancellation_type::terminal);
    }
  }
  closer_.AbortAll();
  deadline_ = parts_.alarms.Set(kCancellingTime, [this] { Abandon(); });
}

void Scheduler::Abandon() {
  abandoning_ = true;
  deadline_ = parts_.alarms.Set(kSettlingTime, [this] {
    LogError("drained although not all outcomes are recorded", {{"claims", in_hand_}});
    Shutdown();
  });
  FinishDrainIfQuiet();
}

bool Scheduler::Quiet() const {
  if (sts_ != nullptr && sts_->fetching() > 0) return false;
  if (settler_->pending() > 0 || closer_.size() > 0 || claimer_->claiming()) return false;
  const auto abandoned = std::count_if(
      running_.begin(), running_.end(),
      [this](const Running* running) { return abandoning_ && running->attempt->abandonable(); });
  return queues_.running() == abandoned;
}

void Scheduler::FinishDrainIfQuiet() {
  if (draining_ && !closed_ && Quiet()) Shutdown();
}

void Scheduler::Shutdown() {
  if (closed_) return;
  closed_ = true;
  claimer_->Stop();
  shaper_.Stop();
  router_->Stop();
  settler_->Stop();
  for (const Running* running : running_) parts_.alarms.Cancel(running->watchdog);
  connections_.Drop();
  parts_.alarms.Cancel(std::exchange(deadline_, Alarms::kNone));
  if (drained_) std::exchange(drained_, nullptr)();
}

}  // namespace mailstrom::delivery
