#ifndef MAILSTROM_SERVER_ADMIN_FAKE_CONTROL_H_
#define MAILSTROM_SERVER_ADMIN_FAKE_CONTROL_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "delivery/control.h"

namespace mailstrom::server {

// Takes what is asked of delivery down, and answers at once. For tests. Thread-safe.
class FakeControl final : public delivery::Control {
 public:
  void SetOrders(std::shared_ptr<const delivery::Orders> orders,
                 absl::AnyInvocable<void()> done) override {
    {
      absl::MutexLock lock(&mutex_);
      orders_ = std::move(orders);
    }
    done();
  }
  void SetPaused(bool paused) override {
    absl::MutexLock lock(&mutex_);
    state_.paused = paused;
  }
  void Explain(delivery::RecipientInStore, Done<delivery::Outlook> done) override {
    delivery::Outlook outlook;
    {
      absl::MutexLock lock(&mutex_);
      outlook = outlook_;
    }
    done(std::move(outlook));
  }
  void FindSites(std::vector<std::string> domains,
                 Done<std::vector<delivery::SiteReport>> done) override {
    std::vector<delivery::SiteReport> reports;
    {
      absl::MutexLock lock(&mutex_);
      for (const std::string& domain : domains) {
        reports.emplace_back();
        const auto found = sites_.find(domain);
        if (found != sites_.end()) reports.back().site_key = found->second;
      }
    }
    done(std::move(reports));
  }
  void FindDomains(std::string site, Done<std::vector<std::string>> done) override {
    std::vector<std::string> domains;
    {
      absl::MutexLock lock(&mutex_);
      for (const auto& [domain, key] : sites_) {
        if (delivery::IsSite(key, site)) domains.push_back(domain);
      }
    }
    done(std::move(domains));
  }
  void ReopenSites(std::vector<std::string> domains) override {
    absl::MutexLock lock(&mutex_);
    reopened_ = std::move(domains);
  }
  void ReadState(Done<delivery::DeliveryState> done) override { done(state()); }

  // What is known of domains.
  void SetSite(const std::string& domain, const std::string& site_key) {
    absl::MutexLock lock(&mutex_);
    sites_[domain] = site_key;
  }
  void SetOutlook(delivery::Outlook outlook) {
    absl::MutexLock lock(&mutex_);
    outlook_ = std::move(outlook);
  }

  std::shared_ptr<const delivery::Orders> orders() const {
    absl::MutexLock lock(&mutex_);
    return orders_;
  }
  std::vector<std::string> reopened() const {
    absl::MutexLock lock(&mutex_);
    return reopened_;
  }
  delivery::DeliveryState state() const {
    absl::MutexLock lock(&mutex_);
    return state_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::shared_ptr<const delivery::Orders> orders_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> sites_ ABSL_GUARDED_BY(mutex_);
  delivery::Outlook outlook_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> reopened_ ABSL_GUARDED_BY(mutex_);
  delivery::DeliveryState state_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_ADMIN_FAKE_CONTROL_H_
