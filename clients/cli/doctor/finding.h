#ifndef MAILSTROM_CLIENTS_CLI_DOCTOR_FINDING_H_
#define MAILSTROM_CLIENTS_CLI_DOCTOR_FINDING_H_

#include <string>
#include <vector>

namespace mailstrom::cli {

// How it stands with one thing that receivers look at.
enum class Verdict {
  kOk,
  kAdvice,   // It works, and could be better.
  kWrong,    // Receivers may refuse mail, or trust it less.
  kUnknown,  // Nobody could say: DNS or a host gave no answer.
};

struct Finding {
  // The rule, in one word, such as `SPF`.
  std::string check = "";
  // The name or address that it is about.
  std::string subject = "";
  Verdict verdict = Verdict::kOk;
  // What is there.
  std::string found = "";
  // What is wrong with it, unless it is kOk.
  std::string problem = "";
  // What to do; a DNS record to publish stands in zone file notation.
  std::string fix = "";
};

using Findings = std::vector<Finding>;

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_DOCTOR_FINDING_H_
