#ifndef MAILSTROM_CLIENTS_CLI_DOCTOR_DOCTOR_COMMAND_H_
#define MAILSTROM_CLIENTS_CLI_DOCTOR_DOCTOR_COMMAND_H_

#include "clients/cli/arguments.h"
#include "clients/cli/environment.h"
#include "clients/cli/exit_code.h"

namespace mailstrom::cli {

// Runs `mailstrom doctor DOMAIN`. kProblem: something is wrong. kUnavailable: nothing is, as far as
// DNS and hosts gave an answer.
ExitCode RunDoctor(const Arguments& arguments, const Environment& environment);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_DOCTOR_DOCTOR_COMMAND_H_
