#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/doctor/mail_checks.h"
#include "clients/cli/doctor/tag_list.h"

namespace mailstrom::cli {
namespace {

void Judge(const std::string& record, const std::string& domain, bool above, Finding& finding) {
  const std::string good =
      TextRecord(absl::StrCat("_dmarc.", domain),
                 absl::StrCat("v=DMARC1; p=quarantine; rua=mailto:postmaster@", domain));
  const absl::StatusOr<TagList> tags = TagList::Parse(record);
  const std::string policy = !tags.ok() ? ""
                             : above    ? tags->Get("sp", tags->Get("p"))
                                        : tags->Get("p");
  const std::string lower = absl::AsciiStrToLower(policy);
  if (!tags.ok() || tags->first() != "v") {
    finding.verdict = Verdict::kWrong;
    finding.problem = tags.ok() ? "v=DMARC1 must come first" : std::string(tags.status().message());
    finding.fix = good;
  } else if (lower != "none" && lower != "quarantine" && lower != "reject") {
    finding.verdict = Verdict::kWrong;
    finding.problem =
        policy.empty() ? "there is no policy (p=)" : absl::StrCat("p=", policy, " is no policy");
    finding.fix = good;
  } else if (lower == "none") {
    finding.verdict = Verdict::kAdvice;
    finding.problem = "p=none protects nobody from mail in the domain's name";
    finding.fix = "once the reports show that all mail passes, publish p=quarantine or p=reject";
  } else if (!tags->Has("rua")) {
    finding.verdict = Verdict::kAdvice;
    finding.problem = "nobody gets reports (rua=)";
    finding.fix = absl::StrCat("add rua=mailto:postmaster@", domain);
  }
}

}  // namespace

asio::awaitable<Finding> CheckDmarc(delivery::DnsClient& dns, std::string domain) {
  Finding finding = {.check = "DMARC", .subject = absl::StrCat("_dmarc.", domain)};
  std::string at = domain;
  for (;;) {
    const absl::StatusOr<Strings> records =
        co_await LookUpTexts(dns, absl::StrCat("_dmarc.", at), "v=DMARC1");
    if (!records.ok()) {
      finding.verdict = Verdict::kUnknown;
      finding.problem = absl::StrCat("DNS gave no answer: ", records.status().message());
      co_return finding;
    }
    if (records->size() > 1) {
      finding.found = absl::StrJoin(*records, " | ");
      finding.verdict = Verdict::kWrong;
      finding.problem = "there is more than one DMARC record, so none of them counts";
      finding.fix = "leave one";
      co_return finding;
    }
    if (records->size() == 1) {
      finding.found = absl::StrCat(records->front(), at == domain ? "" : " (of " + at + ")");
      Judge(records->front(), domain, at != domain, finding);
      co_return finding;
    }
    // Up to the domain below the top one, which may be a registry's.
    const size_t dot = at.find('.');
    if (dot == std::string::npos || at.find('.', dot + 1) == std::string::npos) break;
    at = at.substr(dot + 1);
  }
  finding.verdict = Verdict::kWrong;
  finding.problem = "there is no DMARC record, which large receivers ask of senders";
  finding.fix = TextRecord(absl::StrCat("_dmarc.", domain),
                           absl::StrCat("v=DMARC1; p=none; rua=mailto:postmaster@", domain));
  co_return finding;
}

}  // namespace mailstrom::cli
