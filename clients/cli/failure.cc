#include "clients/cli/failure.h"

#include "clients/cli/json.h"
#include "clients/cli/utf8.h"
#include "clients/cpp/rpc_error.h"

namespace mailstrom::cli {

ExitCode UsageError(const absl::Status& status, absl::string_view command, bool json,
                    const Environment& environment) {
  if (json) {
    environment.err << ErrorJson(status) << "\n";
    return ExitCode::kUsage;
  }
  environment.err << "mailstrom: " << Printable(status.message()) << "\n"
                  << "See `mailstrom help" << (command.empty() ? "" : " ") << command << "`.\n";
  return ExitCode::kUsage;
}

ExitCode CallError(const absl::Status& status, const std::string& server, bool json,
                   const Environment& environment) {
  const ExitCode code = ExitCodeForCall(status);
  if (json) {
    environment.err << ErrorJson(status) << "\n";
    return code;
  }
  environment.err << "mailstrom: ";
  if (code == ExitCode::kUnavailable) environment.err << "server " << server << ": ";
  environment.err << absl::StatusCodeToString(status.code()) << ": " << Printable(status.message())
                  << "\n";
  for (const client::FieldViolation& violation : client::FieldViolations(status)) {
    environment.err << "  " << Printable(violation.field) << ": "
                    << Printable(violation.description) << "\n";
  }
  return code;
}

}  // namespace mailstrom::cli
