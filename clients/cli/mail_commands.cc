#include "clients/cli/mail_commands.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "clients/cli/bulk/send_from_file.h"
#include "clients/cli/failure.h"
#include "clients/cli/json.h"
#include "clients/cli/status_text.h"
#include "clients/cli/watch_printer.h"
#include "clients/cpp/client.h"

namespace mailstrom::cli {
namespace {

// One command line that has been understood.
class Invocation {
 public:
  Invocation(const Arguments& arguments, const Connection& connection,
             const Environment& environment)
      : arguments_(arguments),
        environment_(environment),
        server_(connection.server),
        deadline_(connection.timeout.has_value() ? absl::Now() + *connection.timeout
                                                 : absl::InfiniteFuture()),
        default_from_(connection.from),
        client_(ClientOptions(connection)) {}

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
  ExitCode Fail(const absl::Status& status) const {
    return CallError(status, server_, json(), environment_);
  }

  const Arguments& arguments_;
  const Environment& environment_;
  const std::string server_;
  // When watching ends.
  const absl::Time deadline_;
  const std::string default_from_;
  client::Client client_;
};

ExitCode Invocation::Send() {
  const absl::StatusOr<v1::SendEmailRequest> request =
      BuildSendRequest(arguments_, environment_.read_file, default_from_);
  if (!request.ok()) return UsageError(request.status(), "send", json(), environment_);
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
  if (!request.ok()) return UsageError(request.status(), "list", json(), environment_);
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

}  // namespace

ExitCode RunMailCommand(const Command& command, const Arguments& arguments,
                        const Connection& connection, const Environment& environment) {
  if (command.name == "send" && arguments.Has("from-file")) {
    return SendFromFile(arguments, connection, environment);
  }
  Invocation invocation(arguments, connection, environment);
  if (command.name == "send") return invocation.Send();
  if (command.name == "status") return invocation.Status();
  if (command.name == "cancel") return invocation.Cancel();
  if (command.name == "list") return invocation.List();
  return invocation.Watch();
}

}  // namespace mailstrom::cli
