#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "clients/cli/doctor/mail_checks.h"
#include "clients/cli/doctor/spf.h"

namespace mailstrom::cli {
namespace {

using Result = SpfAnswer::Result;

std::string Mechanisms(const Strings& addresses) {
  if (addresses.empty()) return " mx";
  std::string text;
  for (const std::string& address : addresses) {
    absl::StrAppend(&text, absl::StrContains(address, ":") ? " ip6:" : " ip4:", address);
  }
  return text;
}

// `record` with the addresses in front, where no other term is asked before them.
std::string WithAddresses(absl::string_view record, const Strings& addresses) {
  return absl::StrCat("v=spf1", Mechanisms(addresses), record.substr(std::string("v=spf1").size()));
}

Finding AboutRecord(const std::string& domain, const SpfAnswer& answer, const Strings& addresses) {
  Finding finding = {.check = "SPF", .subject = domain, .found = answer.record};
  const std::string lower = absl::AsciiStrToLower(answer.record);
  const auto has_term = [&](absl::string_view term) {
    for (const absl::string_view one : absl::StrSplit(lower, ' ')) {
      if (one == term) return true;
    }
    return false;
  };
  if (answer.result == Result::kTempError) {
    finding.verdict = Verdict::kUnknown;
    finding.problem = absl::StrCat("DNS gave no answer: ", answer.reason);
  } else if (answer.result == Result::kNone) {
    finding.verdict = Verdict::kWrong;
    finding.problem =
        "there is no SPF record, so receivers cannot tell who may send for the domain";
    finding.fix = TextRecord(domain, absl::StrCat("v=spf1", Mechanisms(addresses), " -all"));
  } else if (answer.result == Result::kPermError) {
    finding.verdict = Verdict::kWrong;
    finding.problem = absl::StrCat("receivers cannot use it (permerror): ", answer.reason);
    finding.fix = absl::StrContains(answer.reason, "SPF records")
                      ? "leave one record whose text begins with `v=spf1`"
                      : "mend or remove that term";
  } else if (has_term("all") || has_term("+all")) {
    finding.verdict = Verdict::kWrong;
    finding.problem = "`all` lets every host on the Internet send for the domain";
    finding.fix = "end it with `-all` or `~all`";
  } else if (!has_term("-all") && !has_term("~all") && !absl::StrContains(lower, " redirect=")) {
    finding.verdict = Verdict::kAdvice;
    finding.problem = "it does not say what to do with other hosts";
    finding.fix = "end it with `-all` or `~all`";
  }
  return finding;
}

Finding AboutAddress(const std::string& domain, const std::string& address,
                     const SpfAnswer& answer) {
  Finding finding = {.check = "SPF", .subject = address};
  finding.found = absl::StrCat(SpfResultName(answer.result), ": ", answer.reason);
  if (answer.result == Result::kPass) return finding;
  if (answer.result == Result::kTempError) {
    finding.verdict = Verdict::kUnknown;
    finding.problem = "DNS gave no answer";
    return finding;
  }
  finding.verdict = Verdict::kWrong;
  finding.problem = absl::StrCat(domain, " does not let this address send for it");
  finding.fix = TextRecord(domain, WithAddresses(answer.record, {address}));
  return finding;
}

}  // namespace

asio::awaitable<Findings> CheckSpf(delivery::DnsClient& dns, std::string domain, Strings addresses,
                                   std::string helo) {
  SpfQuestion question = {.domain = domain, .address = "", .helo = helo};
  const SpfAnswer whole = co_await EvaluateSpf(dns, question);
  Findings findings = {AboutRecord(domain, whole, addresses)};
  const bool usable = whole.result != Result::kNone && whole.result != Result::kTempError &&
                      whole.result != Result::kPermError;
  for (const std::string& address : addresses) {
    if (!usable) break;
    question.address = address;
    const SpfAnswer answer = co_await EvaluateSpf(dns, question);
    findings.push_back(AboutAddress(domain, address, answer));
  }
  co_return findings;
}

}  // namespace mailstrom::cli
