#include "clients/cli/doctor/report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "clients/cli/json.h"
#include "clients/cli/output.pb.h"
#include "clients/cli/utf8.h"

namespace mailstrom::cli {
namespace {

constexpr size_t kCheckColumns = 8;
// A record of many kilobytes helps nobody here; --json has all of it.
constexpr size_t kMaxFoundColumns = 200;

const char* Word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok     ";
    case Verdict::kAdvice:
      return "advice ";
    case Verdict::kWrong:
      return "WRONG  ";
    case Verdict::kUnknown:
      return "unknown";
  }
  return "";
}

DoctorFinding::Verdict ToProto(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return DoctorFinding::VERDICT_OK;
    case Verdict::kAdvice:
      return DoctorFinding::VERDICT_ADVICE;
    case Verdict::kWrong:
      return DoctorFinding::VERDICT_WRONG;
    case Verdict::kUnknown:
      return DoctorFinding::VERDICT_UNKNOWN;
  }
  return DoctorFinding::VERDICT_UNSPECIFIED;
}

int64_t Count(const Findings& findings, Verdict verdict) {
  return std::count_if(findings.begin(), findings.end(),
                       [verdict](const Finding& finding) { return finding.verdict == verdict; });
}

}  // namespace

std::string ReportText(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    std::string check = finding.check;
    check.resize(std::max(check.size(), kCheckColumns), ' ');
    absl::StrAppend(&text, Word(finding.verdict), "  ", check, Printable(finding.subject));
    if (!finding.found.empty()) {
      absl::StrAppend(&text, ": ", Truncate(Printable(finding.found), kMaxFoundColumns));
    }
    absl::StrAppend(&text, "\n");
    if (!finding.problem.empty()) {
      absl::StrAppend(&text, "           ", Printable(finding.problem), "\n");
    }
    if (finding.fix.empty()) continue;
    for (const absl::string_view line : absl::StrSplit(finding.fix, '\n')) {
      absl::StrAppend(&text, "           fix: ", Printable(line), "\n");
    }
  }
  return absl::StrCat(text, Count(findings, Verdict::kWrong), " wrong, ",
                      Count(findings, Verdict::kUnknown), " unknown, ",
                      Count(findings, Verdict::kAdvice), " to improve, ",
                      Count(findings, Verdict::kOk), " ok\n");
}

std::string ReportJson(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    DoctorFinding shown;
    shown.set_check(finding.check);
    shown.set_subject(Printable(finding.subject));
    shown.set_verdict(ToProto(finding.verdict));
    shown.set_found(Printable(finding.found));
    shown.set_problem(Printable(finding.problem));
    for (const absl::string_view line : absl::StrSplit(finding.fix, '\n', absl::SkipEmpty())) {
      shown.add_fix(Printable(line));
    }
    absl::StrAppend(&text, ToJson(shown), "\n");
  }
  return text;
}

ExitCode ExitCodeForFindings(const Findings& findings) {
  if (Count(findings, Verdict::kWrong) > 0) return ExitCode::kProblem;
  return Count(findings, Verdict::kUnknown) > 0 ? ExitCode::kUnavailable : ExitCode::kOk;
}

}  // namespace mailstrom::cli
