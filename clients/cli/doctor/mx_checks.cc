#include "clients/cli/doctor/mx_checks.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "clients/cli/doctor/dns_records.h"
#include "delivery/dns/mx_resolver.h"
#include "delivery/smtp/session.h"
#include "delivery/sts/sts_fetcher.h"
#include "delivery/sts/sts_policy.h"

namespace mailstrom::cli {
namespace {

using delivery::MxHost;
using delivery::MxResolver;
using delivery::MxRoute;
using delivery::StsPolicy;

// More say nothing new, and take time.
constexpr size_t kMaxHosts = 5;
constexpr absl::Duration kConnectTimeout = absl::Seconds(10);
constexpr absl::Duration kReplyTimeout = absl::Seconds(30);
// Shorter ones let an attacker wait for the end of a policy (RFC 8461 §3.2).
constexpr absl::Duration kGoodMaxAge = absl::Hours(24 * 7);

Finding AboutRoute(const std::string& domain, const MxRoute& route) {
  Finding finding = {.check = "MX", .subject = domain};
  std::vector<std::string> hosts;
  for (const MxHost& host : route.hosts) {
    hosts.push_back(absl::StrCat(host.preference, " ", host.name));
  }
  finding.found = absl::StrJoin(hosts, ", ");
  if (route.kind == MxRoute::Kind::kHosts) return finding;
  finding.problem = route.description;
  if (route.kind == MxRoute::Kind::kTemporary) {
    finding.verdict = Verdict::kUnknown;
    return finding;
  }
  finding.verdict = Verdict::kWrong;
  finding.fix = absl::StrCat("bounces and answers need a way back: ", domain, ". IN MX 10 mail.",
                             domain, ".");
  return finding;
}

delivery::smtp::SessionOptions OptionsFor(const MxCheckParts& parts, const std::string& host,
                                          delivery::smtp::TlsMode tls) {
  delivery::smtp::SessionOptions options;
  options.hello_name = parts.hello_name;
  options.peer_name = host;
  options.tls = tls;
  options.timeouts.greeting = kReplyTimeout;
  options.timeouts.hello = kReplyTimeout;
  options.timeouts.tls = kReplyTimeout;
  return options;
}

// Opens a session and takes leave: what TLS it had, or why there was none.
asio::awaitable<absl::StatusOr<std::string>> TryTls(const MxCheckParts& parts, std::string host,
                                                    std::string address,
                                                    delivery::smtp::TlsMode mode) {
  absl::StatusOr<std::unique_ptr<delivery::Stream>> stream =
      co_await parts.connector.Connect({address, 25}, kConnectTimeout);
  if (!stream.ok()) co_return absl::UnavailableError(stream.status().message());
  delivery::smtp::Session session(parts.alarms, *std::move(stream), OptionsFor(parts, host, mode));
  const std::optional<delivery::smtp::Failure> failure = co_await session.Open();
  if (!failure.has_value()) {
    const std::string tls = session.tls();
    co_await session.Quit();
    co_return tls;
  }
  if (failure->kind == delivery::smtp::Failure::Kind::kTls) {
    co_return absl::FailedPreconditionError(failure->description);
  }
  co_return absl::UnavailableError(failure->description);
}

asio::awaitable<Finding> CheckTls(const MxCheckParts& parts, std::string host,
                                  std::string address) {
  Finding finding = {.check = "TLS", .subject = absl::StrCat(host, " [", address, "]")};
  const absl::StatusOr<std::string> verified =
      co_await TryTls(parts, host, address, delivery::smtp::TlsMode::kVerify);
  if (verified.ok()) {
    finding.found = absl::StrCat(*verified, ", certificate verified");
    co_return finding;
  }
  if (absl::IsUnavailable(verified.status())) {
    finding.verdict = Verdict::kUnknown;
    finding.problem = absl::StrCat("no session: ", verified.status().message());
    finding.fix = "try from a host whose network allows connections to port 25";
    co_return finding;
  }
  finding.verdict = Verdict::kWrong;
  finding.problem = std::string(verified.status().message());
  const absl::StatusOr<std::string> any =
      co_await TryTls(parts, host, address, delivery::smtp::TlsMode::kRequire);
  if (any.ok()) {
    finding.found = *any;
    finding.fix = absl::StrCat("install a certificate of a public authority for ", host);
  } else {
    finding.fix = absl::StrCat("let the server offer STARTTLS with a certificate for ", host);
  }
  co_return finding;
}

asio::awaitable<Findings> CheckHost(const MxCheckParts& parts, MxResolver& resolver,
                                    std::string host) {
  Findings findings;
  const absl::StatusOr<Strings> addresses = co_await resolver.Addresses(host);
  if (!addresses.ok() || addresses->empty()) {
    Finding finding = {.check = "MX", .subject = host};
    finding.verdict = addresses.ok() ? Verdict::kWrong : Verdict::kUnknown;
    finding.problem = addresses.ok()
                          ? "the host has no address"
                          : absl::StrCat("DNS gave no answer: ", addresses.status().message());
    if (addresses.ok()) finding.fix = absl::StrCat("publish its address, or take it out of the MX");
    findings.push_back(finding);
    co_return findings;
  }
  // One address of each family: IPv6 stands in front.
  std::string last_family;
  for (const std::string& address : *addresses) {
    const std::string family = address.find(':') == std::string::npos ? "IPv4" : "IPv6";
    if (std::exchange(last_family, family) == family) continue;
    findings.push_back(co_await CheckTls(parts, host, address));
  }
  co_return findings;
}

void JudgePolicy(const StsPolicy& policy, const MxRoute& route, Finding& finding) {
  constexpr const char* kModes[] = {"enforce", "testing", "none"};
  finding.found = absl::StrCat("mode ", kModes[static_cast<int>(policy.mode)], ", mx ",
                               absl::StrJoin(policy.mx_patterns, " "), ", max_age ",
                               absl::ToInt64Seconds(policy.max_age));
  for (const MxHost& host : route.hosts) {
    if (policy.mode == StsPolicy::Mode::kNone || delivery::StsAllows(policy, host.name)) continue;
    finding.verdict = Verdict::kWrong;
    finding.problem = absl::StrCat("the policy does not allow the MX host ", host.name);
    finding.fix = absl::StrCat("add `mx: ", host.name, "` to the policy, and change the id");
    return;
  }
  if (policy.mode != StsPolicy::Mode::kEnforce) {
    finding.verdict = Verdict::kAdvice;
    finding.problem = "the policy enforces nothing";
    finding.fix = "publish `mode: enforce`, and change the id";
  } else if (policy.max_age < kGoodMaxAge) {
    finding.verdict = Verdict::kAdvice;
    finding.problem = "senders forget the policy soon";
    finding.fix = "publish `max_age: 604800` or more, and change the id";
  }
}

asio::awaitable<Finding> CheckSts(const MxCheckParts& parts, std::string domain, MxRoute route) {
  const std::string name = absl::StrCat("_mta-sts.", domain);
  Finding finding = {.check = "MTA-STS", .subject = name};
  const absl::StatusOr<delivery::DnsAnswer> answer =
      co_await parts.dns.Query(name, delivery::DnsType::kTxt);
  if (!answer.ok()) {
    finding.verdict = Verdict::kUnknown;
    finding.problem = absl::StrCat("DNS gave no answer: ", answer.status().message());
    co_return finding;
  }
  if (!delivery::StsIdIn(answer->rdata).has_value()) {
    finding.verdict = answer->rdata.empty() ? Verdict::kAdvice : Verdict::kWrong;
    finding.problem = answer->rdata.empty() ? "senders cannot know that the mail hosts have TLS"
                                            : "the record is none of MTA-STS, or there are several";
    finding.fix =
        absl::StrCat("serve a policy at https://mta-sts.", domain,
                     "/.well-known/mta-sts.txt, and publish: ", TextRecord(name, "v=STSv1; id=1"));
    co_return finding;
  }
  delivery::StsFetcher fetcher(parts.dns, parts.random, parts.filter, parts.connector,
                               parts.alarms);
  const absl::StatusOr<std::string> text = co_await fetcher.Fetch(domain);
  const absl::StatusOr<StsPolicy> policy =
      text.ok() ? delivery::ParseStsPolicy(*text) : text.status();
  if (policy.ok()) {
    JudgePolicy(*policy, route, finding);
    co_return finding;
  }
  finding.verdict = Verdict::kWrong;
  finding.problem = absl::StrCat("there is a record, and no policy: ", policy.status().message());
  finding.fix = absl::StrCat("serve it at https://mta-sts.", domain, "/.well-known/mta-sts.txt");
  co_return finding;
}

}  // namespace

asio::awaitable<Findings> CheckMailHosts(const MxCheckParts& parts, std::string domain) {
  MxResolver resolver(parts.dns, parts.random, /*own_names=*/{});
  const MxRoute route = co_await resolver.Resolve(domain);
  Findings findings = {AboutRoute(domain, route)};
  if (route.kind != MxRoute::Kind::kHosts) co_return findings;
  size_t asked = 0;
  for (const MxHost& host : route.hosts) {
    if (++asked > kMaxHosts) break;
    for (Finding& finding : co_await CheckHost(parts, resolver, host.name)) {
      findings.push_back(std::move(finding));
    }
  }
  findings.push_back(co_await CheckSts(parts, domain, route));
  co_return findings;
}

}  // namespace mailstrom::cli
