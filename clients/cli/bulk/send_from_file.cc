#include "clients/cli/bulk/send_from_file.h"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cli/bulk/bulk_file.h"
#include "clients/cli/bulk/send_progress.h"
#include "clients/cli/failure.h"
#include "clients/cli/json.h"
#include "clients/cli/output.pb.h"
#include "clients/cli/utf8.h"
#include "clients/cpp/client.h"
#include "clients/cpp/retry_pauses.h"
#include "clients/cpp/rpc_error.h"

namespace mailstrom::cli {
namespace {

// More would hide the first ones.
constexpr int kMaxComplaints = 20;
// As many as the client allows: a mailing is about throughput.
constexpr int kWindow = 256;
// A queue that is full empties as fast as mail servers take the mail.
constexpr absl::Duration kPatience = absl::Minutes(5);

bool IsTemporary(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status);
}

class BulkSend {
 public:
  BulkSend(const Arguments& arguments, const Connection& connection, const BulkFile& file,
           const Environment& environment)
      : json_(arguments.Has("json")),
        skip_bad_(arguments.Has("skip-bad")),
        server_(connection.server),
        patience_(connection.timeout.value_or(kPatience)),
        file_(file),
        environment_(environment),
        client_(Options(connection)),
        pauses_(absl::Milliseconds(100), absl::Seconds(5)),
        progress_(environment.terminal_size().has_value() ? environment.out : environment.err,
                  environment.terminal_size, absl::Now) {}

  ExitCode Run() {
    const absl::Status checked = Check();
    if (!checked.ok()) return UsageError(checked, "send", json_, environment_);
    const absl::Status sent = Send();
    progress_.Clear();
    Summarize();
    if (!sent.ok()) {
      const ExitCode code = CallError(sent, server_, json_, environment_);
      if (!json_) {
        environment_.err << "mailstrom: the same command goes on where this one ended; nothing is "
                            "sent twice\n";
      }
      return code;
    }
    return counts_.refused + counts_.skipped > 0 ? ExitCode::kRefused : ExitCode::kOk;
  }

 private:
  static client::Client::Options Options(const Connection& connection) {
    client::Client::Options options = ClientOptions(connection);
    options.retry = true;
    return options;
  }

  // Reads all of the file, and says what is wrong with it.
  absl::Status Check() {
    absl::StatusOr<std::unique_ptr<BulkSource>> source = file_.Read();
    if (!source.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(file_.path(), ": ", source.status().message()));
    }
    int64_t bad = 0;
    while (const std::optional<BulkEmail> email = (*source)->Next()) {
      ++counts_.total;
      if (email->request.ok()) continue;
      if (++bad <= kMaxComplaints || json_) {
        Complain(email->line, email->number, email->request.status());
      }
    }
    if (bad > kMaxComplaints && !json_) {
      environment_.err << "mailstrom: and " << bad - kMaxComplaints << " more\n";
    }
    if (bad == 0 || skip_bad_) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(file_.path(), ": ", bad, " of ", counts_.total,
                     " emails are wrong, so nothing was sent; --skip-bad leaves them out"));
  }

  // Feeds the stream until the file is at its end and nothing waits to be sent again.
  absl::Status Send() {
    absl::StatusOr<std::unique_ptr<BulkSource>> source = file_.Read();
    if (!source.ok()) return source.status();
    progress_.Start();
    last_accepted_ = absl::Now();
    for (;;) {
      const absl::Status status = client_.SendMany(
          [&](v1::SendEmailRequest& request) { return Next(**source, request); },
          [&](const client::SendOutcome& outcome) { Take(outcome); }, {.window = kWindow});
      if (!status.ok()) return status;
      if (again_.empty()) return absl::OkStatus();
      if (!gave_up_.ok()) return gave_up_;
    }
  }

  bool Next(BulkSource& source, v1::SendEmailRequest& request) {
    if (!gave_up_.ok()) return false;
    Sent sent;
    if (!again_.empty()) {
      // What has been taken ahead would only meet the same refusal.
      if (!pauses_.Wait(last_accepted_ + patience_)) {
        gave_up_ = why_again_;
        return false;
      }
      sent = std::move(again_.front());
      again_.pop_front();
    } else if (!NextOfFile(source, sent)) {
      return false;
    }
    lines_[sent.request.request_id()] = {.line = sent.line, .number = sent.number};
    // It comes back with its outcome.
    request = std::move(sent.request);
    return true;
  }

  struct Sent {
    v1::SendEmailRequest request;
    int64_t line = 0;
    int64_t number = 0;
  };
  struct Place {
    int64_t line = 0;
    int64_t number = 0;
  };

  bool NextOfFile(BulkSource& source, Sent& sent) {
    while (std::optional<BulkEmail> email = source.Next()) {
      if (!email->request.ok()) {
        ++counts_.skipped;
        continue;
      }
      sent.request = *std::move(email->request);
      sent.request.set_request_id(file_.RequestId(*email));
      sent.line = email->line;
      sent.number = email->number;
      return true;
    }
    return false;
  }

  void Take(const client::SendOutcome& outcome) {
    const auto found = lines_.find(outcome.request.request_id());
    if (found == lines_.end()) return;
    const Place place = found->second;
    lines_.erase(found);
    const absl::Status& status = outcome.response.status();
    if (IsTemporary(status)) {
      why_again_ = status;
      again_.push_back({outcome.request, place.line, place.number});
      return;
    }
    if (status.ok()) {
      pauses_.Reset();
      last_accepted_ = absl::Now();
      ++counts_.accepted;
      if (outcome.response->replayed()) ++counts_.accepted_before;
      TellAccepted(place, outcome);
    } else {
      ++counts_.refused;
      Complain(place.line, place.number, status);
    }
    if (!json_) progress_.Update(counts_);
  }

  void TellAccepted(const Place& place, const client::SendOutcome& outcome) {
    const v1::SendEmailResponse& response = *outcome.response;
    if (json_) {
      BulkOutcome shown;
      shown.set_number(static_cast<uint32_t>(place.number));
      shown.set_line(static_cast<uint32_t>(place.line));
      shown.set_request_id(outcome.request.request_id());
      shown.set_email_id(response.email().email_id());
      shown.set_accepted_before(response.replayed());
      environment_.out << ToJson(shown) << "\n";
    } else if (!environment_.terminal_size().has_value()) {
      environment_.out << response.email().email_id() << " line " << place.line << "\n";
    }
  }

  // Of an email of the file, or of the server about it.
  void Complain(int64_t line, int64_t number, const absl::Status& status) {
    if (json_) {
      BulkOutcome shown;
      shown.set_number(static_cast<uint32_t>(number));
      shown.set_line(static_cast<uint32_t>(line));
      std::string text = ToJson(shown);
      text.pop_back();
      environment_.out << text << ",\"error\":" << ErrorJson(status) << "}\n";
      return;
    }
    progress_.Clear();
    environment_.err << file_.path() << ":" << line << ": " << Printable(status.message()) << "\n";
    for (const client::FieldViolation& violation : client::FieldViolations(status)) {
      environment_.err << "  " << Printable(violation.field) << ": "
                       << Printable(violation.description) << "\n";
    }
  }

  void Summarize() {
    if (json_) {
      BulkSummary summary;
      summary.set_accepted(static_cast<uint32_t>(counts_.accepted));
      summary.set_accepted_before(static_cast<uint32_t>(counts_.accepted_before));
      summary.set_refused(static_cast<uint32_t>(counts_.refused));
      summary.set_skipped(static_cast<uint32_t>(counts_.skipped));
      summary.set_not_sent(static_cast<uint32_t>(counts_.total - counts_.done()));
      environment_.out << "{\"summary\":" << ToJson(summary) << "}\n";
      return;
    }
    std::string text = absl::StrCat(counts_.accepted, " of ", counts_.total, " handed over");
    if (counts_.accepted_before > 0) {
      absl::StrAppend(&text, " (", counts_.accepted_before, " of them before)");
    }
    if (counts_.refused > 0) absl::StrAppend(&text, ", ", counts_.refused, " refused");
    if (counts_.skipped > 0) absl::StrAppend(&text, ", ", counts_.skipped, " skipped");
    const double seconds = absl::ToDoubleSeconds(progress_.elapsed());
    absl::StrAppend(&text, " in ",
                    absl::FormatDuration(absl::Ceil(progress_.elapsed(), absl::Milliseconds(100))));
    if (seconds > 0) {
      absl::StrAppend(&text, ", ", static_cast<int64_t>(counts_.done() / seconds), "/s");
    }
    environment_.err << "mailstrom: " << text << "\n";
  }

  const bool json_;
  const bool skip_bad_;
  const std::string server_;
  const absl::Duration patience_;
  const BulkFile& file_;
  const Environment& environment_;
  client::Client client_;
  client::RetryPauses pauses_;
  SendProgress progress_;
  SendCounts counts_;
  // Of what is on its way.
  std::map<std::string, Place> lines_;
  // What the server could not take for now, and why.
  std::deque<Sent> again_;
  absl::Status why_again_;
  absl::Status gave_up_;
  absl::Time last_accepted_;
};

}  // namespace

ExitCode SendFromFile(const Arguments& arguments, const Connection& connection,
                      const Environment& environment) {
  const absl::StatusOr<BulkFile> file =
      BulkFile::Open(arguments, environment.read_file, environment.open_file, connection.from);
  if (!file.ok()) return UsageError(file.status(), "send", arguments.Has("json"), environment);
  return BulkSend(arguments, connection, *file, environment).Run();
}

}  // namespace mailstrom::cli
