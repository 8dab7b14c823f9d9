#include "clients/cli/doctor/doctor.h"

#include <utility>

#include "clients/cli/doctor/dns_records.h"
#include "clients/cli/doctor/mail_checks.h"

namespace mailstrom::cli {
namespace {

Finding Advice(std::string check, std::string subject, std::string problem, std::string fix) {
  return {.check = std::move(check),
          .subject = std::move(subject),
          .verdict = Verdict::kAdvice,
          .found = "",
          .problem = std::move(problem),
          .fix = std::move(fix)};
}

void Add(Findings& findings, Findings more) {
  for (Finding& finding : more) findings.push_back(std::move(finding));
}

}  // namespace

asio::awaitable<Findings> Examine(const MxCheckParts& parts, const Examination& examination) {
  Findings findings;
  const std::string& domain = examination.domain;
  const std::string& helo = examination.helo;
  Strings addresses = examination.addresses;
  if (addresses.empty() && !helo.empty()) {
    const absl::StatusOr<Strings> own = co_await LookUpAddresses(parts.dns, helo);
    if (own.ok()) addresses = *own;
  }
  Add(findings, co_await CheckSpf(parts.dns, domain, addresses, helo));
  const message::DkimKey* const key =
      examination.dkim_key.has_value() ? &*examination.dkim_key : nullptr;
  for (const std::string& selector : examination.selectors) {
    findings.push_back(co_await CheckDkim(parts.dns, domain, selector, key));
  }
  if (examination.selectors.empty()) {
    findings.push_back(Advice("DKIM", domain, "not looked at: keys are found by their selectors",
                              "give the selector of the server's key with --selector"));
  }
  findings.push_back(co_await CheckDmarc(parts.dns, domain));
  if (helo.empty()) {
    findings.push_back(Advice("HELO", domain, "not looked at: the server's name is not known",
                              "give its `host_name` with --helo"));
  } else {
    findings.push_back(co_await CheckHelo(parts.dns, helo, examination.addresses));
  }
  for (const std::string& address : addresses) {
    findings.push_back(co_await CheckReverse(parts.dns, address, helo));
  }
  if (addresses.empty()) {
    findings.push_back(Advice("PTR", domain, "not looked at: no address of the server is known",
                              "give each of them with --address"));
  }
  for (const std::string& zone : examination.blocklists) {
    for (const std::string& address : addresses) {
      findings.push_back(co_await CheckBlocklist(parts.dns, address, zone));
    }
  }
  Add(findings, co_await CheckMailHosts(parts, domain));
  co_return findings;
}

}  // namespace mailstrom::cli
