#ifndef MAILSTROM_DELIVERY_EMAIL_ROUTER_H_
#define MAILSTROM_DELIVERY_EMAIL_ROUTER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "base/alarms.h"
#include "base/clock.h"
#include "delivery/dns/mx_resolver.h"
#include "delivery/orders.h"
#include "delivery/parcel.h"
#include "delivery/route_finder.h"
#include "delivery/site_policy.h"
#include "storage/store.h"

namespace mailstrom::delivery {

// Turns an email's recipients into parcels, one for each site. Waits a moment for the look-ups of
// all its domains, so that domains of one site share a parcel, but lets none hold up the others for
// long. Lives on one strand.
class EmailRouter : public std::enable_shared_from_this<EmailRouter> {
 public:
  struct Hooks {
    // Takes a parcel that has a site.
    std::function<void(Parcel)> ready;
    // Takes recipients whose domain has no hosts, and why.
    std::function<void(std::shared_ptr<const storage::EmailRecord>, std::vector<ParcelRecipient>,
                       const MxRoute&)>
        unroutable;
    // Is told to which site the mail for a domain goes.
    std::function<void(const std::string& domain, const Site& site)> found = [](const std::string&,
                                                                                const Site&) {};
  };

  // Does not need the MX where a relay takes the mail. `clock` tells which orders are over.
  EmailRouter(RouteFinder& routes, const Clock& clock, Alarms& alarms,
              std::shared_ptr<const SitePolicies> policies, Hooks hooks);

  // For what is routed from now on.
  void SetPolicies(std::shared_ptr<const SitePolicies> policies);

  // Likewise.
  void SetOrders(std::shared_ptr<const Orders> orders);

  // Whether the route of this recipient is being looked up.
  bool Has(const std::string& email_id, int recipient_index) const;

  void Route(std::shared_ptr<const storage::EmailRecord> email, std::vector<DomainGroup> groups);

  // Forgets all look-ups. Gives back what had no site yet, as parcels without one.
  std::vector<Parcel> Stop();

 private:
  struct Routing {
    std::shared_ptr<const storage::EmailRecord> email;
    std::vector<DomainGroup> unresolved;
    // What is known already and waits for the rest.
    std::vector<Parcel> parcels;
    Alarms::Id alarm = Alarms::kNone;
    // It has waited long enough.
    bool impatient = false;
  };

  void OnRoute(const std::shared_ptr<Routing>& routing, const std::string& domain,
               bool needs_smtputf8, const MxRoute& route);
  // The groups that an operator's order does not send elsewhere; by their domains alone.
  std::vector<DomainGroup> Reroute(Routing& routing, std::vector<DomainGroup> groups);
  // Where an operator's order sends the mail instead; nothing: no order does.
  std::optional<Site> RerouteOf(const Routing& routing, const DomainGroup& group, const Site* site);
  // The groups that no relay takes.
  std::vector<DomainGroup> PassToRelays(Routing& routing, std::vector<DomainGroup> groups);
  void AddToParcels(Routing& routing, DomainGroup group, Site site);
  void Flush(const std::shared_ptr<Routing>& routing);

  RouteFinder& routes_;
  const Clock& clock_;
  Alarms& alarms_;
  std::shared_ptr<const SitePolicies> policies_;
  std::shared_ptr<const Orders> orders_ = std::make_shared<const Orders>();
  // How hosts are treated that orders name, by host and port.
  absl::flat_hash_map<std::string, std::shared_ptr<const SitePolicy>> order_policies_;
  const Hooks hooks_;
  absl::flat_hash_set<std::shared_ptr<Routing>> routings_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_EMAIL_ROUTER_H_
