// Sends an email with an attachment and follows it until each recipient is settled. The server is
// at $MAILSTROM_SERVER, by default 127.0.0.1:2626.

#include <cstdlib>
#include <iostream>

#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "clients/cpp/client.h"
#include "clients/cpp/email.h"

namespace {

namespace client = mailstrom::client;
namespace v1 = mailstrom::v1;

// Prints where a recipient stands, and what the mail server said.
void Show(const v1::Recipient& recipient) {
  const std::string state = v1::Recipient::State_Name(recipient.state());
  std::cout << recipient.address() << " " << absl::StripPrefix(state, "STATE_") << " "
            << recipient.last_attempt().reply().text() << "\n";
}

struct Printer : client::WatchObserver {
  void OnResponse(const v1::WatchStatusResponse& response) override {
    for (const v1::Recipient& recipient : response.snapshot().recipients()) Show(recipient);
    if (response.has_event()) Show(response.event().recipient());
  }
};

int Fail(const absl::Status& status) {
  std::cerr << status << "\n";
  return 1;
}

}  // namespace

int main(int, char** argv) {
  const char* server = std::getenv("MAILSTROM_SERVER");
  client::Client mailstrom({.server = server != nullptr ? server : "127.0.0.1:2626"});
  // This program itself; the path of any file will do.
  absl::StatusOr<v1::Attachment> attachment = client::AttachFile(argv[0]);
  if (!attachment.ok()) return Fail(attachment.status());
  attachment->set_filename("example.txt");
  client::Email email{.from = "Ann <ann@sender.test>",
                      .to = {"Bob <bob@receiver.test>", "refused@receiver.test"},
                      .subject = "How to send an email",
                      .text = "See the attachment.\n",
                      .html = "<p>See the <b>attachment</b>.</p>\n"};
  email.attachments.push_back(*attachment);
  email.tags["kind"] = "example";
  const absl::StatusOr<v1::SendEmailResponse> sent = mailstrom.SendEmail(client::ToRequest(email));
  if (!sent.ok()) return Fail(sent.status());
  std::cout << "accepted " << sent->email().email_id() << "\n";

  v1::WatchStatusRequest request;
  request.add_email_ids(sent->email().email_id());
  Printer printer;
  const absl::Status status = mailstrom.Watch(request, absl::Now() + absl::Minutes(1), printer);
  return status.ok() ? 0 : Fail(status);
}
