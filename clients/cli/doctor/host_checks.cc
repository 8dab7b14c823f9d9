#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/doctor/mail_checks.h"
#include "delivery/dns/host_name.h"

namespace mailstrom::cli {
namespace {

bool Has(const Strings& strings, const std::string& one) {
  return std::find(strings.begin(), strings.end(), one) != strings.end();
}

Finding NoAnswer(Finding finding, const absl::Status& status) {
  finding.verdict = Verdict::kUnknown;
  finding.problem = absl::StrCat("DNS gave no answer: ", status.message());
  return finding;
}

}  // namespace

asio::awaitable<Finding> CheckHelo(delivery::DnsClient& dns, std::string helo, Strings addresses) {
  Finding finding = {.check = "HELO", .subject = helo};
  if (!delivery::IsHostName(helo) || !absl::StrContains(helo, ".")) {
    finding.verdict = Verdict::kWrong;
    finding.problem = "this is no name of a host in the DNS";
    finding.fix = "set `host_name` of the server to a name that has its address";
    co_return finding;
  }
  const absl::StatusOr<Strings> own = co_await LookUpAddresses(dns, helo);
  if (!own.ok()) co_return NoAnswer(finding, own.status());
  finding.found = absl::StrJoin(*own, ", ");
  Strings missing;
  for (const std::string& address : addresses) {
    if (!Has(*own, address)) missing.push_back(address);
  }
  if (own->empty() || !missing.empty()) {
    finding.verdict = Verdict::kWrong;
    finding.problem = own->empty()
                          ? "the name has no address"
                          : absl::StrCat("the name does not have ", absl::StrJoin(missing, ", "));
    for (const std::string& address : missing) {
      absl::StrAppend(&finding.fix, finding.fix.empty() ? "" : "\n", AddressRecord(helo, address));
    }
    if (missing.empty()) finding.fix = "publish the address of the server under this name";
  }
  co_return finding;
}

asio::awaitable<Finding> CheckReverse(delivery::DnsClient& dns, std::string address,
                                      std::string helo) {
  Finding finding = {.check = "PTR", .subject = address};
  const absl::StatusOr<Strings> names = co_await LookUpNames(dns, address);
  if (!names.ok()) co_return NoAnswer(finding, names.status());
  finding.found = absl::StrJoin(*names, ", ");
  if (names->empty()) {
    finding.verdict = Verdict::kWrong;
    finding.problem = "the address has no name, and many receivers refuse such hosts";
    finding.fix = absl::StrCat("ask the owner of the network to publish: ", ReverseName(address),
                               ". IN PTR ", helo.empty() ? "HOST" : helo, ".");
    co_return finding;
  }
  bool confirmed = false;
  for (const std::string& name : *names) {
    const absl::StatusOr<Strings> addresses = co_await LookUpAddresses(dns, name);
    if (!addresses.ok()) co_return NoAnswer(finding, addresses.status());
    confirmed = confirmed || Has(*addresses, address);
  }
  if (!confirmed) {
    finding.verdict = Verdict::kWrong;
    finding.problem = "the name does not have the address";
    finding.fix = AddressRecord(names->front(), address);
  } else if (!helo.empty() && !Has(*names, helo)) {
    finding.verdict = Verdict::kAdvice;
    finding.problem = absl::StrCat("the server calls itself ", helo);
    finding.fix =
        absl::StrCat("let both be the same name: ", ReverseName(address), ". IN PTR ", helo, ".");
  }
  co_return finding;
}

asio::awaitable<Finding> CheckBlocklist(delivery::DnsClient& dns, std::string address,
                                        std::string zone) {
  Finding finding = {.check = "DNSBL", .subject = absl::StrCat(address, " in ", zone)};
  const std::string name = absl::StrCat(ReversedAddress(address), ".", zone);
  const absl::StatusOr<Strings> codes = co_await LookUpAddresses(dns, name);
  if (!codes.ok()) co_return NoAnswer(finding, codes.status());
  finding.found = codes->empty() ? "not listed" : absl::StrJoin(*codes, ", ");
  if (codes->empty()) co_return finding;
  if (!absl::StartsWith(codes->front(), "127.") ||
      absl::StartsWith(codes->front(), "127.255.255.")) {
    finding.verdict = Verdict::kUnknown;
    finding.problem = "the list does not answer this DNS server";
    finding.fix = "ask with --dns a server of your own, not a public one";
    co_return finding;
  }
  finding.verdict = Verdict::kWrong;
  const absl::StatusOr<Strings> reasons = co_await LookUpTexts(dns, name);
  finding.problem = "listed";
  if (reasons.ok() && !reasons->empty()) {
    absl::StrAppend(&finding.problem, ": ", absl::StrJoin(*reasons, "; "));
  }
  finding.fix = absl::StrCat("find out why, end it, and ask ", zone, " to take the address out");
  co_return finding;
}

}  // namespace mailstrom::cli
