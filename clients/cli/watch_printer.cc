#include "clients/cli/watch_printer.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cli/json.h"
#include "clients/cli/status_text.h"
#include "clients/cli/utf8.h"

namespace mailstrom::cli {
namespace {

std::string ReconnectNotice(const absl::Status& cause) {
  return Printable(absl::StrCat("reconnecting: ", cause.message()));
}

}  // namespace

void JsonWatchPrinter::OnResponse(const v1::WatchStatusResponse& response) {
  board_.Apply(response);
  out_ << ToJson(response) << std::endl;
}

void LineWatchPrinter::OnResponse(const v1::WatchStatusResponse& response) {
  board_.Apply(response);
  const v1::Email& email = response.snapshot();
  for (const v1::Recipient& recipient : email.recipients()) {
    const absl::Time time = ToTime(
        recipient.has_last_attempt() ? recipient.last_attempt().end_time() : email.accept_time());
    out_ << RecipientLine(time, email.email_id(), recipient) << "\n";
  }
  if (response.has_event()) {
    const v1::StatusEvent& event = response.event();
    out_ << RecipientLine(ToTime(event.event_time()), event.email_id(), event.recipient()) << "\n";
  }
  out_.flush();
}

void LineWatchPrinter::OnReconnect(const absl::Status& cause) {
  err_ << "mailstrom: " << ReconnectNotice(cause) << std::endl;
}

void LiveWatchPrinter::OnResponse(const v1::WatchStatusResponse& response) {
  board_.Apply(response);
  notice_.clear();
  Draw();
}

void LiveWatchPrinter::OnReconnect(const absl::Status& cause) {
  notice_ = ReconnectNotice(cause);
  Draw();
}

void LiveWatchPrinter::OnTick() { Draw(); }

void LiveWatchPrinter::Draw() { view_.Draw(board_.emails(), size_(), absl::Now(), notice_); }

}  // namespace mailstrom::cli
