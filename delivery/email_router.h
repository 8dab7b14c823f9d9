#ifndef MAILSTROM_DELIVERY_EMAIL_ROUTER_H_
#define MAILSTROM_DELIVERY_EMAIL_ROUTER_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "base/alarms.h"
#include "delivery/dns/mx_resolver.h"
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
  };

  // Does not need the MX where a relay takes the mail.
  EmailRouter(RouteFinder& routes, Alarms& alarms, std::shared_ptr<const SitePolicies> policies,
              Hooks hooks);

  // For what is routed from now on.
  void SetPolicies(std::shared_ptr<const SitePolicies> policies) {
    policies_ = std::move(policies);
  }

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
  // The groups that no relay takes.
  std::vector<DomainGroup> PassToRelays(Routing& routing, std::vector<DomainGroup> groups);
  void AddToParcels(Routing& routing, DomainGroup group, Site site);
  void Flush(const std::shared_ptr<Routing>& routing);

  RouteFinder& routes_;
  Alarms& alarms_;
  std::shared_ptr<const SitePolicies> policies_;
  const Hooks hooks_;
  absl::flat_hash_set<std::shared_ptr<Routing>> routings_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_EMAIL_ROUTER_H_
