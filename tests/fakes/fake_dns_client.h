#ifndef MAILSTROM_TESTS_FAKES_FAKE_DNS_CLIENT_H_
#define MAILSTROM_TESTS_FAKES_FAKE_DNS_CLIENT_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/alarms.h"
#include "delivery/dns/dns_client.h"

namespace mailstrom::delivery {

// A zone table. A name of which nothing was said does not exist (NXDOMAIN); one that was, but
// without the type asked for, gives NODATA. Names are in lower case without final dot.
class FakeDnsClient final : public DnsClient {
 public:
  // How long a query takes that nobody answers.
  static constexpr absl::Duration kTimeout = absl::Seconds(10);

  explicit FakeDnsClient(Alarms& alarms) : alarms_(alarms) {}

  // The name exists, even without records.
  void AddName(const std::string& name);
  // `address`: IPv4 or IPv6 text, which tells the type.
  void AddAddress(const std::string& name, const std::string& address);
  // `exchange` without final dot; "." or "" makes the null MX of RFC 7505 when `preference` is 0.
  void AddMx(const std::string& name, int preference, const std::string& exchange);
  void AddNullMx(const std::string& name) { AddMx(name, 0, ""); }
  void AddTxt(const std::string& name, const std::string& text);
  void AddPtr(const std::string& name, const std::string& target);
  void AddCname(const std::string& name, const std::string& target);
  // Any other record, or a broken one.
  void AddRecord(const std::string& name, DnsType type, std::string rdata);
  // Answers below `name` of this type are DNSSEC-proved.
  void SetAuthenticated(const std::string& name, DnsType type);
  // Every type of the name, or just one. A failure goes before records.
  void SetServfail(const std::string& name);
  void SetServfail(const std::string& name, DnsType type);
  void SetTimeout(const std::string& name);
  void SetTimeout(const std::string& name, DnsType type);
  // Forgets all about the name: it does not exist.
  void Remove(const std::string& name);

  // Every query so far, in order.
  const std::vector<std::pair<std::string, DnsType>>& queries() const { return queries_; }
  int query_count(absl::string_view name, DnsType type) const;

  asio::awaitable<absl::StatusOr<DnsAnswer>> Query(std::string name, DnsType type) override;

 private:
  enum class Failure { kNone, kServfail, kTimeout };
  struct Name {
    std::string cname;
    std::map<DnsType, std::vector<std::string>> records;
    std::map<DnsType, Failure> failures;
    std::map<DnsType, bool> authenticated;
  };

  void SetFailure(const std::string& name, DnsType type, Failure failure);

  Alarms& alarms_;
  std::map<std::string, Name> names_;
  std::vector<std::pair<std::string, DnsType>> queries_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_TESTS_FAKES_FAKE_DNS_CLIENT_H_
