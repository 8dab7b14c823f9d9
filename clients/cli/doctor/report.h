#ifndef MAILSTROM_CLIENTS_CLI_DOCTOR_REPORT_H_
#define MAILSTROM_CLIENTS_CLI_DOCTOR_REPORT_H_

#include <string>

#include "clients/cli/doctor/finding.h"
#include "clients/cli/exit_code.h"

namespace mailstrom::cli {

// For people: a line for each finding, what to do under it, and a last line that sums up. Nothing
// in it commands a terminal.
std::string ReportText(const Findings& findings);

// A JSON object a line for each finding.
std::string ReportJson(const Findings& findings);

ExitCode ExitCodeForFindings(const Findings& findings);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_DOCTOR_REPORT_H_
