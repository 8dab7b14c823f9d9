#include "clients/cli/commands.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cli/arguments.h"
#include "clients/cli/command_table.h"
#include "clients/cli/json.h"
#include "clients/cli/status_text.h"
#include "clients/cli/utf8.h"
#include "clients/cli/version.h"
#include "clients/cli/watch_printer.h"
#include "clients/cpp/client.h"
#include "clients/cpp/rpc_error.h"

namespace mailstrom::cli {
namespace {

// One command line that has been understood.
class Invocation {
 public:
  // `deadline`: when watching ends; InfiniteFuture() for never.
  Invocation(const Arguments& arguments, const client::Client::Options& client, absl::Time deadline,
             const Environment& environment)
      : arguments_(arguments),
        environment_(environment),
        server_(client.server),
        deadline_(deadline),
        client_(client) {}

  ExitCode Send();
  ExitCode Status();
  ExitCode Cancel();
  ExitCode List();
  ExitCode Watch();

 private:
  bool json() const { return arguments_.Has("json"); }
  ExitCode Follow(const v1::WatchStatusRequest& request);
  // The present state of emails whose watch began at a cursor, which tells only what came after it.
  ExitCode Outcome(const v1::WatchStatusRequest& request, const WatchPrinter& printer);
  std::unique_ptr<WatchPrinter> MakePrinter() const;
  // Prints why a call failed.
  ExitCode Fail(const absl::Status& status) const;

  const Arguments& arguments_;
  const Environment& environment_;
  const std::string server_;
  const absl::Time deadline_;
  client::Client client_;
};

ExitCode UsageError(const absl::Status& status, absl::string_view command,
                    const Environment& environment) {
  environment.err << "mailstrom: " << Printable(status.message()) << "\n"
                  << "See `mailstrom help" << (command.empty() ? "" : " ") << command << "`.\n";
  return ExitCode::kUsage;
}

ExitCode Invocation::Send() {
  const absl::StatusOr<v1::SendEmailRequest> request =
      BuildSendRequest(arguments_, environment_.read_file);
  if (!request.ok()) return UsageError(request.status(), "send", environment_);
  const absl::StatusOr<v1::SendEmailResponse> response = client_.SendEmail(*request);
  if (!response.ok()) return Fail(response.status());
  const std::string& email_id = response->email().email_id();
  environment_.out << (json() ? ToJson(*response) : email_id) << std::endl;
  if (!arguments_.Has("wait")) return ExitCode::kOk;
  v1::WatchStatusRequest watch;
  watch.add_email_ids(email_id);
  return Follow(watch);
}

ExitCode Invocation::Status() {
  const absl::StatusOr<v1::Email> email = client_.QueryStatus(arguments_.operands().front());
  if (!email.ok()) return Fail(email.status());
  environment_.out << (json() ? ToJson(*email) + "\n" : EmailText(*email));
  if (!arguments_.Has("dialogue")) return ExitCode::kOk;
  const absl::StatusOr<v1::QueryDialoguesResponse> response =
      client_.QueryDialogues(arguments_.operands().front());
  if (!response.ok()) return Fail(response.status());
  for (const v1::Dialogue& dialogue : response->dialogues()) {
    environment_.out << (json() ? ToJson(dialogue) + "\n" : DialogueText(dialogue));
  }
  return ExitCode::kOk;
}

ExitCode Invocation::Cancel() {
  const absl::StatusOr<v1::Email> email = client_.CancelEmail(arguments_.operands().front());
  if (!email.ok()) return Fail(email.status());
  environment_.out << (json() ? ToJson(*email) + "\n" : EmailText(*email));
  return ExitCode::kOk;
}

ExitCode Invocation::List() {
  absl::StatusOr<v1::ListEmailsRequest> request = BuildListRequest(arguments_);
  if (!request.ok()) return UsageError(request.status(), "list", environment_);
  int left = request->page_size();
  do {
    request->set_page_size(left);
    const absl::StatusOr<v1::ListEmailsResponse> page = client_.ListEmails(*request);
    if (!page.ok()) return Fail(page.status());
    for (const v1::Email& email : page->emails()) {
      environment_.out << (json() ? ToJson(email) : EmailLine(email)) << "\n";
    }
    left -= page->emails_size();
    request->set_page_token(page->next_page_token());
  } while (left > 0 && !request->page_token().empty());
  return ExitCode::kOk;
}

ExitCode Invocation::Watch() {
  v1::WatchStatusRequest request;
  for (const std::string& email_id : arguments_.operands()) request.add_email_ids(email_id);
  request.set_cursor(arguments_.Get("cursor"));
  return Follow(request);
}

ExitCode Invocation::Follow(const v1::WatchStatusRequest& request) {
  const std::unique_ptr<WatchPrinter> printer = MakePrinter();
  const absl::Status status = client_.Watch(request, deadline_, *printer);
  if (absl::IsDeadlineExceeded(status) && deadline_ < absl::InfiniteFuture()) {
    environment_.err << "mailstrom: not all recipients were settled in time\n";
    const ExitCode code = ExitCodeForEmails(printer->emails());
    return code == ExitCode::kRecipientFailed ? code : ExitCode::kUnsettled;
  }
  if (!status.ok()) return Fail(status);
  return Outcome(request, *printer);
}

ExitCode Invocation::Outcome(const v1::WatchStatusRequest& request, const WatchPrinter& printer) {
  if (request.cursor().empty()) return ExitCodeForEmails(printer.emails());
  std::vector<v1::Email> emails;
  for (const std::string& email_id : request.email_ids()) {
    const absl::StatusOr<v1::Email> email = client_.QueryStatus(email_id);
    if (!email.ok()) return Fail(email.status());
    emails.push_back(*email);
  }
  return ExitCodeForEmails(emails);
}

std::unique_ptr<WatchPrinter> Invocation::MakePrinter() const {
  if (json()) return std::make_unique<JsonWatchPrinter>(environment_.out);
  if (!environment_.terminal_size().has_value()) {
    return std::make_unique<LineWatchPrinter>(environment_.out, environment_.err);
  }
  return std::make_unique<LiveWatchPrinter>(
      environment_.out, [this] { return environment_.terminal_size().value_or(TerminalSize()); });
}

ExitCode Invocation::Fail(const absl::Status& status) const {
  const ExitCode code = ExitCodeForCall(status);
  if (json()) {
    environment_.err << ErrorJson(status) << "\n";
    return code;
  }
  environment_.err << "mailstrom: ";
  if (code == ExitCode::kUnavailable) environment_.err << "server " << server_ << ": ";
  environment_.err << absl::StatusCodeToString(status.code()) << ": " << Printable(status.message())
                   << "\n";
  for (const client::FieldViolation& violation : client::FieldViolations(status)) {
    environment_.err << "  " << Printable(violation.field) << ": "
                     << Printable(violation.description) << "\n";
  }
  return code;
}

absl::Status CheckOperands(const Command& command, const Arguments& arguments) {
  const size_t count = arguments.operands().size();
  if (count < command.min_operands) {
    return absl::InvalidArgumentError(absl::StrCat(command.name, " needs ", command.operands));
  }
  if (count <= command.max_operands) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("'", arguments.operands()[command.max_operands], "' is one word too many"));
}

ExitCode RunCommand(const Command& command, absl::Span<const std::string> words,
                    const Environment& environment) {
  const std::vector<Option> options = AllOptions(command);
  const absl::StatusOr<Arguments> arguments = ParseArguments(options, words);
  if (!arguments.ok()) return UsageError(arguments.status(), command.name, environment);
  if (arguments->Has("help")) {
    environment.out << CommandHelp(command);
    return ExitCode::kOk;
  }
  const absl::Status operands = CheckOperands(command, *arguments);
  if (!operands.ok()) return UsageError(operands, command.name, environment);
  absl::Duration timeout;
  if (arguments->Has("timeout") && (!absl::ParseDuration(arguments->Get("timeout"), &timeout) ||
                                    timeout <= absl::ZeroDuration())) {
    return UsageError(absl::InvalidArgumentError("--timeout is no duration such as 90s or 5m"),
                      command.name, environment);
  }
  const absl::StatusOr<Connection> connection =
      ReadConnection(*arguments, environment.connection, environment.read_file);
  if (!connection.ok()) return UsageError(connection.status(), command.name, environment);
  client::Client::Options client = ClientOptions(*connection);
  absl::Time deadline = absl::InfiniteFuture();
  if (arguments->Has("timeout")) {
    client.call_timeout = timeout;
    deadline = absl::Now() + timeout;
  }
  Invocation invocation(*arguments, client, deadline, environment);
  if (command.name == "send") return invocation.Send();
  if (command.name == "status") return invocation.Status();
  if (command.name == "cancel") return invocation.Cancel();
  if (command.name == "list") return invocation.List();
  return invocation.Watch();
}

ExitCode RunHelp(absl::Span<const std::string> words, const Environment& environment) {
  if (words.empty()) {
    environment.out << GeneralHelp();
    return ExitCode::kOk;
  }
  const Command* command = FindCommand(words.front());
  if (command == nullptr) {
    return UsageError(
        absl::InvalidArgumentError(absl::StrCat("there is no command '", words.front(), "'")), "",
        environment);
  }
  environment.out << CommandHelp(*command);
  return ExitCode::kOk;
}

}  // namespace

ExitCode RunCommandLine(const std::vector<std::string>& words, const Environment& environment) {
  if (words.empty()) {
    environment.err << GeneralHelp();
    return ExitCode::kUsage;
  }
  const absl::Span<const std::string> rest = absl::MakeConstSpan(words).subspan(1);
  const std::string& name = words.front();
  if (name == "help" || name == "--help" || name == "-h") return RunHelp(rest, environment);
  if (name == "version" || name == "--version") {
    environment.out << "mailstrom " << kVersion << "\n";
    return ExitCode::kOk;
  }
  const Command* command = FindCommand(name);
  if (command == nullptr) return RunHelp({name}, environment);
  return RunCommand(*command, rest, environment);
}

}  // namespace mailstrom::cli
