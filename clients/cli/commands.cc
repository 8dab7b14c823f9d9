#include "clients/cli/commands.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/arguments.h"
#include "clients/cli/command_help.h"
#include "clients/cli/command_table.h"
#include "clients/cli/completion.h"
#include "clients/cli/dkim_command.h"
#include "clients/cli/doctor/doctor_command.h"
#include "clients/cli/failure.h"
#include "clients/cli/json.h"
#include "clients/cli/key_command.h"
#include "clients/cli/mail_commands.h"
#include "clients/cli/output.pb.h"
#include "clients/cli/queue_commands.h"
#include "clients/cli/version.h"

namespace mailstrom::cli {
namespace {

absl::Status CheckOperands(const Command& command, const Arguments& arguments) {
  const size_t count = arguments.operands().size();
  if (count < command.min_operands) {
    return absl::InvalidArgumentError(absl::StrCat(command.name, " needs ", command.operands));
  }
  if (count <= command.max_operands) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("'", arguments.operands()[command.max_operands], "' is one word too many"));
}

ExitCode NoSuchCommand(absl::Span<const std::string> words, bool json,
                       const Environment& environment) {
  return UsageError(absl::InvalidArgumentError(
                        absl::StrCat("there is no command '", absl::StrJoin(words, " "), "'")),
                    "", json, environment);
}

std::string SummaryJson(const Command& command) {
  CommandSummary summary;
  summary.set_name(std::string(command.name));
  summary.set_operands(std::string(command.operands));
  summary.set_summary(std::string(command.summary));
  for (const Option& option : AllOptions(command)) {
    summary.add_options(absl::StrCat("--", option.name));
  }
  return ToJson(summary);
}

ExitCode RunHelp(const Arguments& arguments, const Environment& environment) {
  const std::vector<std::string>& words = arguments.operands();
  const bool json = arguments.Has("json");
  if (words.empty() && json) {
    for (const Command& command : Commands()) environment.out << SummaryJson(command) << "\n";
    return ExitCode::kOk;
  }
  if (words.empty()) {
    environment.out << GeneralHelp();
    return ExitCode::kOk;
  }
  const Command* const command = FindCommand(absl::StrJoin(words, " "));
  if (command != nullptr) {
    environment.out << (json ? SummaryJson(*command) + "\n" : CommandHelp(*command));
    return ExitCode::kOk;
  }
  const std::vector<const Command*> group = CommandsOfGroup(words.front());
  if (words.size() > 1 || group.empty()) return NoSuchCommand(words, json, environment);
  if (!json) environment.out << GroupHelp(words.front());
  for (const Command* one : group) {
    if (json) environment.out << SummaryJson(*one) << "\n";
  }
  return ExitCode::kOk;
}

ExitCode RunVersion(const Arguments& arguments, const Environment& environment) {
  ProgramVersion version;
  version.set_version(kVersion);
  environment.out << (arguments.Has("json") ? ToJson(version)
                                            : absl::StrCat("mailstrom ", kVersion))
                  << "\n";
  return ExitCode::kOk;
}

ExitCode RunCompletion(const Arguments& arguments, const Environment& environment) {
  CompletionScript completion;
  completion.set_shell(arguments.operands().front());
  const absl::StatusOr<std::string> script = MakeCompletionScript(completion.shell());
  const bool json = arguments.Has("json");
  if (!script.ok()) return UsageError(script.status(), "completion", json, environment);
  completion.set_script(*script);
  environment.out << (json ? ToJson(completion) + "\n" : *script);
  return ExitCode::kOk;
}

ExitCode RunLocalCommand(const Command& command, const Arguments& arguments,
                         const Environment& environment) {
  if (command.name == "dkim keygen") return RunDkimKeygen(arguments, environment);
  if (command.name == "dkim check") return RunDkimCheck(arguments, environment);
  if (command.name == "doctor") return RunDoctor(arguments, environment);
  if (command.name == "key new") return RunKeyNew(arguments, environment);
  if (command.name == "completion") return RunCompletion(arguments, environment);
  if (command.name == "version") return RunVersion(arguments, environment);
  return RunHelp(arguments, environment);
}

ExitCode RunCommand(const Command& command, absl::Span<const std::string> words,
                    const Environment& environment) {
  const std::vector<Option> options = AllOptions(command);
  const absl::StatusOr<Arguments> arguments = ParseArguments(options, words);
  if (!arguments.ok()) {
    // Nobody knows which of the words are options.
    const bool json = std::find(words.begin(), words.end(), "--json") != words.end();
    return UsageError(arguments.status(), command.name, json, environment);
  }
  const bool json = arguments->Has("json");
  if (arguments->Has("help")) {
    environment.out << CommandHelp(command);
    return ExitCode::kOk;
  }
  const absl::Status operands = CheckOperands(command, *arguments);
  if (!operands.ok()) return UsageError(operands, command.name, json, environment);
  if (!command.calls_server) return RunLocalCommand(command, *arguments, environment);
  if (!environment.configuration.ok()) {
    return UsageError(environment.configuration, command.name, json, environment);
  }
  const absl::StatusOr<Connection> connection =
      ReadConnection(*arguments, environment.connection, environment.read_file);
  if (!connection.ok()) return UsageError(connection.status(), command.name, json, environment);
  if (IsQueueCommand(command.name)) {
    return RunQueueCommand(command, *arguments, *connection, environment);
  }
  return RunMailCommand(command, *arguments, *connection, environment);
}

}  // namespace

ExitCode RunCommandLine(const std::vector<std::string>& words, const Environment& environment) {
  if (words.empty()) {
    environment.err << GeneralHelp();
    return ExitCode::kUsage;
  }
  std::vector<std::string> rest = words;
  if (rest.front() == "--help" || rest.front() == "-h") rest.front() = "help";
  if (rest.front() == "--version") rest.front() = "version";
  const Command* const command = MatchCommand(rest);
  if (command != nullptr) {
    return RunCommand(*command, absl::MakeConstSpan(rest).subspan(CountWords(*command)),
                      environment);
  }
  if (CommandsOfGroup(rest.front()).empty()) {
    return NoSuchCommand({rest.front()}, false, environment);
  }
  const bool asks = rest.size() > 1 && (rest[1] == "--help" || rest[1] == "-h");
  if (!asks && rest.size() > 1) {
    return NoSuchCommand(absl::MakeConstSpan(rest).first(2), false, environment);
  }
  (asks ? environment.out : environment.err) << GroupHelp(rest.front());
  return asks ? ExitCode::kOk : ExitCode::kUsage;
}

}  // namespace mailstrom::cli
