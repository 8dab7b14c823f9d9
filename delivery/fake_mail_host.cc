#include "delivery/fake_mail_host.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace mailstrom::delivery {
namespace {

// The path in `MAIL FROM:<path> …` or `RCPT TO:<path> …`.
std::string PathIn(const std::string& line) {
  const size_t begin = line.find('<');
  const size_t end = line.find('>', begin);
  if (begin == std::string::npos || end == std::string::npos) return "";
  return line.substr(begin + 1, end - begin - 1);
}

}  // namespace

class FakeMailHost::Peer final : public MemoryPeer, public std::enable_shared_from_this<Peer> {
 public:
  explicit Peer(FakeMailHost& host) : host_(host) {}
  ~Peer() override { Close(); }

  void OnOpen(const std::shared_ptr<MemoryConnection>& connection) override {
    connection_ = connection;
    open_ = true;
    ++host_.connections;
    ++host_.open_connections;
    if (host_.on_connection) host_.on_connection(1);
    host_.most_open_connections = std::max(host_.most_open_connections, host_.open_connections);
    Reply(host_.greeting);
  }

  void OnBytes(absl::string_view bytes) override {
    received_.append(bytes.data(), bytes.size());
    size_t end;
    while ((end = received_.find("\r\n")) != std::string::npos) {
      const std::string line = received_.substr(0, end);
      received_.erase(0, end + 2);
      if (in_data_) {
        TakeDataLine(line);
      } else {
        TakeCommand(line);
      }
    }
  }

  void OnClientClosed() override { Close(); }

  absl::StatusOr<std::string> OnStartTls(const TlsParameters& parameters) override {
    host_.tls_parameters = parameters;
    if (!host_.tls_status.ok()) return host_.tls_status;
    mail_.tls = true;
    return std::string("TLSv1.3 TLS_AES_128_GCM_SHA256");
  }

 private:
  void Close() {
    if (open_) --host_.open_connections;
    if (open_ && host_.on_connection) host_.on_connection(-1);
    open_ = false;
  }

  void Reply(const std::string& reply) {
    silent_ = silent_ || reply == kSilence;
    if (silent_) return;
    if (host_.alarms_ == nullptr || host_.reply_delay == absl::ZeroDuration()) {
      SendNow(reply);
      return;
    }
    host_.alarms_->Set(host_.reply_delay, [self = weak_from_this(), reply] {
      if (const std::shared_ptr<Peer> peer = self.lock()) peer->SendNow(reply);
    });
  }

  void SendNow(const std::string& reply) {
    if (!open_) return;
    if (reply.empty()) {
      Close();
      connection_->Hangup();
    } else {
      connection_->Send(absl::StrCat(reply, "\r\n"));
    }
  }

  void TakeCommand(const std::string& line) {
    if (absl::StartsWith(line, "EHLO ")) {
      SayHello();
    } else if (absl::StartsWith(line, "MAIL FROM:")) {
      const std::string path = PathIn(line);
      ResetMail();
      mail_.reverse_path = path;
      const std::string reply = host_.on_mail ? host_.on_mail(path) : "250 2.1.0 ok";
      has_sender_ = absl::StartsWith(reply, "2");
      Reply(reply);
    } else if (absl::StartsWith(line, "RCPT TO:")) {
      TakeRcpt(PathIn(line));
    } else if (line == "DATA") {
      TakeDataCommand();
    } else if (line == "RSET" || line == "NOOP") {
      ResetMail();
      Reply("250 2.0.0 ok");
    } else if (line == "STARTTLS") {
      Reply("220 2.0.0 go ahead");
    } else if (line == "QUIT") {
      Reply("221 2.0.0 bye");
      Reply("");
    } else {
      Reply("500 5.5.2 what?");
    }
  }

  void SayHello() {
    std::string reply = "250-fake";
    for (const std::string& keyword : host_.keywords) absl::StrAppend(&reply, "\r\n250-", keyword);
    absl::StrAppend(&reply, "\r\n250 HELP");
    Reply(reply);
  }

  void TakeRcpt(const std::string& path) {
    if (!has_sender_) {
      Reply("503 5.5.1 MAIL first");
      return;
    }
    host_.asked.emplace_back(path, host_.clock_.Now());
    const std::string reply = host_.on_rcpt ? host_.on_rcpt(path) : "250 2.1.5 ok";
    if (absl::StartsWith(reply, "2")) mail_.forward_paths.push_back(path);
    Reply(reply);
  }

  void TakeDataCommand() {
    std::string reply = host_.on_data ? host_.on_data() : "354 go on";
    if (!host_.on_data && mail_.forward_paths.empty()) reply = "554 5.5.1 no recipients";
    in_data_ = absl::StartsWith(reply, "354");
    Reply(reply);
  }

  void TakeDataLine(const std::string& line) {
    if (line != ".") {
      absl::StrAppend(&mail_.data, absl::StartsWith(line, ".") ? line.substr(1) : line, "\r\n");
      return;
    }
    in_data_ = false;
    mail_.time = host_.clock_.Now();
    const std::string reply = host_.on_message ? host_.on_message(mail_) : "250 2.0.0 taken";
    if (absl::StartsWith(reply, "2")) host_.mails.push_back(mail_);
    ResetMail();
    Reply(reply);
  }

  void ResetMail() {
    const bool tls = mail_.tls;
    mail_ = Mail();
    has_sender_ = false;
    mail_.tls = tls;
  }

  FakeMailHost& host_;
  std::shared_ptr<MemoryConnection> connection_;
  std::string received_;
  Mail mail_;
  bool has_sender_ = false;
  bool in_data_ = false;
  bool open_ = false;
  bool silent_ = false;
};

std::shared_ptr<MemoryPeer> FakeMailHost::Connect() { return std::make_shared<Peer>(*this); }

}  // namespace mailstrom::delivery
