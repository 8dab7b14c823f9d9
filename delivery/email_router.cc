#include "delivery/email_router.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "delivery/site.h"

namespace mailstrom::delivery {
namespace {

// How long the first domains of an email wait for the look-ups of the others.
constexpr absl::Duration kPatience = absl::Milliseconds(500);

}  // namespace

EmailRouter::EmailRouter(RouteFinder& routes, const Clock& clock, Alarms& alarms,
                         std::shared_ptr<const SitePolicies> policies, Hooks hooks)
    : routes_(routes),
      clock_(clock),
      alarms_(alarms),
      policies_(std::move(policies)),
      hooks_(std::move(hooks)) {}

void EmailRouter::SetPolicies(std::shared_ptr<const SitePolicies> policies) {
  policies_ = std::move(policies);
  order_policies_.clear();
}

void EmailRouter::SetOrders(std::shared_ptr<const Orders> orders) {
  orders_ = std::move(orders);
  order_policies_.clear();
}

bool EmailRouter::Has(const std::string& email_id, int recipient_index) const {
  for (const std::shared_ptr<Routing>& routing : routings_) {
    if (routing->email->email_id != email_id) continue;
    for (const Parcel& parcel : routing->parcels) {
      if (HasRecipient(parcel.recipients, recipient_index)) return true;
    }
    for (const DomainGroup& group : routing->unresolved) {
      if (HasRecipient(group.recipients, recipient_index)) return true;
    }
  }
  return false;
}

void EmailRouter::Route(std::shared_ptr<const storage::EmailRecord> email,
                        std::vector<DomainGroup> groups) {
  if (groups.empty()) return;
  auto routing = std::make_shared<Routing>();
  routing->email = std::move(email);
  routing->unresolved = PassToRelays(*routing, Reroute(*routing, std::move(groups)));
  routings_.insert(routing);
  if (routing->unresolved.empty()) {
    Flush(routing);
    return;
  }
  if (routing->unresolved.size() > 1) {
    routing->alarm = alarms_.Set(kPatience, [this, routing] {
      routing->alarm = Alarms::kNone;
      routing->impatient = true;
      Flush(routing);
    });
  }
  for (const DomainGroup& group : routing->unresolved) {
    routes_.Find(group.domain, [weak = weak_from_this(), routing, domain = group.domain,
                                utf8 = group.needs_smtputf8](const MxRoute& route) {
      if (const auto self = weak.lock()) self->OnRoute(routing, domain, utf8, route);
    });
  }
}

void EmailRouter::OnRoute(const std::shared_ptr<Routing>& routing, const std::string& domain,
                          bool needs_smtputf8, const MxRoute& route) {
  const auto found = std::find_if(
      routing->unresolved.begin(), routing->unresolved.end(), [&](const DomainGroup& group) {
        return group.domain == domain && group.needs_smtputf8 == needs_smtputf8;
      });
  if (found == routing->unresolved.end()) return;
  DomainGroup group = std::move(*found);
  routing->unresolved.erase(found);
  if (route.kind == MxRoute::Kind::kHosts) {
    const std::shared_ptr<const SitePolicy> policy = policies_->PolicyFor(domain, route.hosts);
    const std::string sender_domain = ToReversePath(routing->email->reverse_path).domain;
    AddToParcels(*routing, std::move(group),
                 MakeSite(route.hosts, policy, route.authenticated, route.must_verify,
                          policies_->SourcesFor(*policy, sender_domain).pool));
  } else {
    hooks_.unroutable(routing->email, std::move(group.recipients), route);
  }
  if (routing->unresolved.empty() || routing->impatient) Flush(routing);
}

std::vector<DomainGroup> EmailRouter::Reroute(Routing& routing, std::vector<DomainGroup> groups) {
  if (!orders_->has_reroutes()) return groups;
  std::vector<DomainGroup> others;
  for (DomainGroup& group : groups) {
    std::optional<Site> site = RerouteOf(routing, group, /*site=*/nullptr);
    if (site.has_value()) {
      AddToParcels(routing, std::move(group), *std::move(site));
    } else {
      others.push_back(std::move(group));
    }
  }
  return others;
}

std::optional<Site> EmailRouter::RerouteOf(const Routing& routing, const DomainGroup& group,
                                           const Site* site) {
  const storage::StandingOrder* order =
      orders_->FindReroute({*routing.email, group.domain, site}, clock_.Now());
  if (order == nullptr) return std::nullopt;
  const std::string sender_domain = ToReversePath(routing.email->reverse_path).domain;
  if (const SitePolicies::Relay* relay = policies_->RelayNamed(order->host)) {
    return MakeSite(relay->hosts, relay->policy, /*authenticated=*/false, /*must_verify=*/false,
                    policies_->SourcesFor(*relay->policy, sender_domain).pool);
  }
  std::shared_ptr<const SitePolicy>& policy =
      order_policies_[absl::StrCat(order->host, " ", order->port)];
  if (policy == nullptr) {
    SitePolicy changed = policies_->defaults();
    changed.name = "rerouted";
    if (order->port != 0) changed.port = order->port;
    // The operator named the host himself.
    changed.trusted = true;
    policy = std::make_shared<const SitePolicy>(std::move(changed));
  }
  return MakeSite({{order->host, 0}}, policy, /*authenticated=*/false, /*must_verify=*/false,
                  policies_->SourcesFor(*policy, sender_domain).pool);
}

std::vector<DomainGroup> EmailRouter::PassToRelays(Routing& routing,
                                                   std::vector<DomainGroup> groups) {
  const std::string sender_domain = ToReversePath(routing.email->reverse_path).domain;
  std::vector<DomainGroup> others;
  for (DomainGroup& group : groups) {
    const SitePolicies::Relay* relay = policies_->FindRelay(sender_domain, group.domain);
    if (relay == nullptr) {
      others.push_back(std::move(group));
    } else {
      AddToParcels(routing, std::move(group),
                   MakeSite(relay->hosts, relay->policy, /*authenticated=*/false,
                            /*must_verify=*/false,
                            policies_->SourcesFor(*relay->policy, sender_domain).pool));
    }
  }
  return others;
}

void EmailRouter::AddToParcels(Routing& routing, DomainGroup group, Site site) {
  if (orders_->has_reroutes()) {
    if (std::optional<Site> other = RerouteOf(routing, group, &site)) site = *std::move(other);
  }
  hooks_.found(group.domain, site);
  const bool needs_smtputf8 = group.needs_smtputf8 || routing.email->needs_smtputf8;
  const SourceChoice source =
      site.sources == nullptr
          ? SourceChoice()
          : ChooseSource(*site.sources, SourceKey(routing.email->email_id, group.domain));
  const std::string limited_domain =
      policies_->DomainLimitsFor(group.domain).any() ? group.domain : "";
  for (Parcel& parcel : routing.parcels) {
    if (parcel.site.key != site.key || parcel.needs_smtputf8 != needs_smtputf8 ||
        parcel.source != source || parcel.limited_domain != limited_domain) {
      continue;
    }
    std::move(group.recipients.begin(), group.recipients.end(),
              std::back_inserter(parcel.recipients));
    return;
  }
  routing.parcels.push_back({routing.email, std::move(site), source, needs_smtputf8,
                             std::move(group.recipients), limited_domain});
}

void EmailRouter::Flush(const std::shared_ptr<Routing>& routing) {
  std::vector<Parcel> parcels = std::exchange(routing->parcels, {});
  if (routing->unresolved.empty()) {
    alarms_.Cancel(std::exchange(routing->alarm, Alarms::kNone));
    routings_.erase(routing);
  }
  for (Parcel& parcel : parcels) hooks_.ready(std::move(parcel));
}

std::vector<Parcel> EmailRouter::Stop() {
  routes_.Stop();
  std::vector<Parcel> parcels;
  for (const std::shared_ptr<Routing>& routing : routings_) {
    alarms_.Cancel(routing->alarm);
    std::move(routing->parcels.begin(), routing->parcels.end(), std::back_inserter(parcels));
    for (DomainGroup& group : routing->unresolved) {
      parcels.push_back(
          {routing->email, {}, {}, group.needs_smtputf8, std::move(group.recipients)});
    }
  }
  routings_.clear();
  return parcels;
}

}  // namespace mailstrom::delivery
