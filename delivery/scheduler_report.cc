// What the scheduler tells operators. It changes nothing but where sites are looked at again.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "delivery/scheduler.h"
#include "message/address.h"

namespace mailstrom::delivery {
namespace {

std::string DomainOfAddress(const std::string& address) {
  const absl::StatusOr<message::AddrSpec> parsed = message::ParseAddrSpec(address);
  return parsed.ok() ? parsed->domain : "";
}

}  // namespace

SiteReport Scheduler::Report(const std::string& site_key) {
  SiteReport report;
  report.site_key = site_key;
  if (site_key.empty()) return report;
  report.running = queues_.running(site_key);
  report.waiting = queues_.waiting(site_key);
  report.idle_connections = connections_.count(site_key);
  const SiteEntry* site = sites_.Find(site_key);
  if (site == nullptr) return report;
  report.limit = site->health.Limit(parts_.clock.Now());
  report.suspended_until = site->health.suspended_until();
  report.last_failure = site->last_failure.description;
  if (site->policy != nullptr) {
    report.policy = site->policy->name;
    report.max_connections = site->policy->connections;
  }
  return report;
}

std::vector<SiteReport> Scheduler::FindSites(const std::vector<std::string>& domains) {
  std::vector<SiteReport> reports;
  reports.reserve(domains.size());
  for (const std::string& domain : domains) {
    reports.push_back(Report(closed_ ? "" : known_sites_.SiteOf(domain)));
  }
  return reports;
}

std::vector<std::string> Scheduler::FindDomains(const std::string& site) const {
  return known_sites_.DomainsOf(site);
}

void Scheduler::ReopenSites(const std::vector<std::string>& domains) {
  if (draining_) return;
  for (const std::string& domain : domains) {
    const std::string site_key = known_sites_.SiteOf(domain);
    SiteEntry* site = sites_.Find(site_key);
    if (site == nullptr) continue;
    site->health.Reopen();
    queues_.LimitChanged(site_key);
  }
  Dispatch();
}

DeliveryState Scheduler::ReadState() const {
  return {paused_ || draining_, queues_.running(), in_hand_, options_.limits.claim_window};
}

Outlook Scheduler::Explain(const RecipientInStore& recipient) {
  if (closed_) return {};
  const std::string& email_id = recipient.email->email_id;
  const int index = recipient.recipient_index;
  Outlook outlook;
  std::string site_key = known_sites_.SiteOf(DomainOfAddress(recipient.recipient.address));
  const std::optional<SiteQueues::Place> place = queues_.Find(email_id, index);
  const auto under_way =
      std::find_if(under_way_.begin(), under_way_.end(), [&](const Running* run) {
        return run->parcel->email->email_id == email_id &&
               HasRecipient(run->parcel->recipients, index);
      });
  if (under_way != under_way_.end()) {
    outlook.stage = Outlook::Stage::kAttempt;
    site_key = (*under_way)->parcel->site.key;
    if (const Attempt* attempt = (*under_way)->attempt; attempt != nullptr) {
      Attempt::Progress progress = attempt->progress();
      outlook.phase = progress.phase;
      outlook.mx_host = std::move(progress.mx_host);
      outlook.mx_address = std::move(progress.mx_address);
      outlook.last_line = std::move(progress.last_line);
      outlook.attempt_start = progress.start_time;
    }
  } else if (place.has_value()) {
    outlook.stage = Outlook::Stage::kWaiting;
    site_key = place->parcel->site.key;
  } else if (enforcer_->Has(email_id, index)) {
    outlook.stage = Outlook::Stage::kWaiting;
  } else if (intake_->Has(email_id, index) || router_->Has(email_id, index)) {
    outlook.stage = Outlook::Stage::kRouting;
  } else if (settler_->Has(email_id, index)) {
    outlook.stage = Outlook::Stage::kSettling;
  }
  outlook.site = Report(site_key);
  if (outlook.stage == Outlook::Stage::kAttempt) return outlook;
  AddObstacles(recipient, outlook);
  if (place.has_value()) AddObstaclesOfWaiting(*place, outlook);
  return outlook;
}

void Scheduler::AddObstacles(const RecipientInStore& recipient, Outlook& outlook) {
  const absl::Time now = parts_.clock.Now();
  Site site;
  site.key = outlook.site.site_key;
  // Hosts of a site that is only remembered are in its key.
  for (const absl::string_view host : HostsOf(site.key))
    site.hosts.push_back({std::string(host), 0});
  const std::string domain = DomainOfAddress(recipient.recipient.address);
  const Orders::Mail mail = {*recipient.email, domain, site.key.empty() ? nullptr : &site};
  std::vector<Obstacle>& obstacles = outlook.obstacles;
  if (const storage::StandingOrder* order = enforcer_->orders().FindReroute(mail, now)) {
    outlook.reroute = *order;
  }
  if (const storage::StandingOrder* order = enforcer_->orders().FindSuspension(mail, now)) {
    outlook.suspension = *order;
    obstacles.push_back(
        {Obstacle::Kind::kOrder,
         absl::StrCat("suspended by an operator", order->author.empty() ? "" : ", ", order->author,
                      order->reason.empty() ? "" : ": ", order->reason),
         order->expire_time});
  }
  if (paused_ || draining_) {
    obstacles.push_back({Obstacle::Kind::kDrained, "delivery is drained: no attempt begins"});
  }
  if (!CanRecord()) {
    obstacles.push_back(
        {Obstacle::Kind::kStore, "the store takes no outcomes for now, so nothing is attempted"});
  }
  if (outlook.stage == Outlook::Stage::kInStore && recipient.recipient.next_attempt_time > now) {
    obstacles.push_back(
        {Obstacle::Kind::kNotDue, "it is not due yet", recipient.recipient.next_attempt_time});
  }
  if (outlook.site.suspended_until > now) {
    obstacles.push_back(
        {Obstacle::Kind::kSiteSuspended,
         absl::StrCat("its site is left alone for now",
                      outlook.site.last_failure.empty() ? "" : ", it failed before: ",
                      outlook.site.last_failure),
         outlook.site.suspended_until});
  }
  if (outlook.stage == Outlook::Stage::kInStore && in_hand_ >= options_.limits.claim_window) {
    obstacles.push_back(
        {Obstacle::Kind::kWindow, absl::StrCat("as many recipients are claimed as there may be, ",
                                               options_.limits.claim_window)});
  }
}

void Scheduler::AddObstaclesOfWaiting(const SiteQueues::Place& place, Outlook& outlook) {
  const absl::Time now = parts_.clock.Now();
  std::vector<Obstacle>& obstacles = outlook.obstacles;
  const TrafficShaper::Turns turns = shaper_.FindTurns(*place.parcel);
  const SiteEntry* site = sites_.Find(place.parcel->site.key);
  if (site != nullptr) {
    const int limit = site->health.Limit(now);
    const int closing = closer_.count(place.parcel->site.key);
    if (limit > 0 && outlook.site.running + closing >= limit) {
      const std::string goodbyes =
          closing > 0 ? absl::StrCat(" (connections still closing: ", closing, ")") : "";
      obstacles.push_back({Obstacle::Kind::kSiteConcurrency,
                           absl::StrCat("its site has ", outlook.site.running,
                                        " attempts under way", goodbyes, " and bears ", limit)});
    }
    if (turns.site > now) {
      obstacles.push_back({Obstacle::Kind::kSiteRate, "its site is at its rate", turns.site});
    }
    if (turns.total > now) {
      obstacles.push_back(
          {Obstacle::Kind::kTotalRate, "all sites together are at their rate", turns.total});
    }
  }
  if (queues_.running() >= options_.limits.connections) {
    obstacles.push_back({Obstacle::Kind::kTotalConcurrency,
                         absl::StrCat("all ", options_.limits.connections,
                                      " attempts that there may be are under way")});
  }
  if (turns.domain == absl::InfiniteFuture()) {
    obstacles.push_back({Obstacle::Kind::kDomainConcurrency,
                         "its domain has as many attempts under way as its limit allows"});
  } else if (turns.domain > now) {
    obstacles.push_back({Obstacle::Kind::kDomainRate, "its domain is at its rate", turns.domain});
  }
  const int64_t size_bytes = place.parcel->email->size_bytes;
  if (content_bytes_ > 0 && content_bytes_ + size_bytes > options_.limits.content_bytes) {
    obstacles.push_back(
        {Obstacle::Kind::kMemory, "messages under way take up the memory that there is for them"});
  }
  if (place.before > 0 || obstacles.empty()) {
    obstacles.push_back(
        {Obstacle::Kind::kTurn, absl::StrCat(place.before, " others for its site are before it")});
  }
}

}  // namespace mailstrom::delivery
