#include "tests/fakes/scripted_peer.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace mailstrom::delivery {

ScriptedPeer::~ScriptedPeer() { alarms_.Cancel(alarm_); }

ScriptedPeer& ScriptedPeer::Add(std::string description, std::function<bool()> run) {
  steps_.push_back({std::move(description), std::move(run)});
  // Steps may be added to a script that has run dry.
  Proceed();
  return *this;
}

ScriptedPeer& ScriptedPeer::Expect(std::string line) {
  return Add(absl::StrCat("Expect ", line), [this, line] { return TakeLine(line); });
}

ScriptedPeer& ScriptedPeer::ExpectMessage(std::string message) {
  return Add("ExpectMessage", [this, message] { return TakeMessage(message); });
}

ScriptedPeer& ScriptedPeer::ExpectBytes(std::string bytes) {
  return Add("ExpectBytes", [this, bytes] { return TakeBytes(bytes); });
}

ScriptedPeer& ScriptedPeer::Reply(std::string lines) { return Send(lines + "\r\n"); }

ScriptedPeer& ScriptedPeer::Send(std::string bytes) {
  return Add(absl::StrCat("Send ", absl::CHexEscape(bytes.substr(0, 80))), [this, bytes] {
    connection_->Send(bytes);
    return true;
  });
}

ScriptedPeer& ScriptedPeer::Trickle(std::string bytes, absl::Duration interval) {
  for (const char byte : bytes) Wait(interval).Send(std::string(1, byte));
  return *this;
}

ScriptedPeer& ScriptedPeer::StartTls(absl::StatusOr<std::string> result) {
  const bool fails = !result.ok();
  Add("StartTls", [this, result = std::move(result)]() mutable {
    if (!received_.empty()) Fail("plain bytes instead of a handshake");
    handshake_due_ = true;
    handshake_result_ = result;
    return std::exchange(handshake_done_, false);
  });
  return fails ? Hangup() : *this;
}

ScriptedPeer& ScriptedPeer::Wait(absl::Duration duration) {
  return Add(absl::StrCat("Wait ", absl::FormatDuration(duration)), [this, duration] {
    if (std::exchange(waited_, false)) return true;
    if (alarm_ == Alarms::kNone) {
      alarm_ = alarms_.Set(duration, [this] {
        alarm_ = Alarms::kNone;
        waited_ = true;
        Proceed();
      });
    }
    return false;
  });
}

ScriptedPeer& ScriptedPeer::Stall() {
  return Add("Stall", [this] {
    received_.clear();
    return client_closed_;
  });
}

ScriptedPeer& ScriptedPeer::StopTaking() {
  return Add("StopTaking", [this] {
    connection_->StopTaking();
    return true;
  });
}

ScriptedPeer& ScriptedPeer::Hangup() {
  return Add("Hangup", [this] {
    connection_->Hangup();
    return true;
  });
}

ScriptedPeer& ScriptedPeer::ExpectClose() {
  return Add("ExpectClose", [this] {
    if (!received_.empty()) {
      Fail(absl::StrCat("not closed, but sent ", absl::CHexEscape(received_.substr(0, 80))));
    }
    return client_closed_;
  });
}

ScriptedPeer& ScriptedPeer::Greet(const std::string& hello_name,
                                  const std::vector<std::string>& keywords) {
  return Reply("220 mx.test ESMTP").Hello(hello_name, keywords);
}

ScriptedPeer& ScriptedPeer::Hello(const std::string& hello_name,
                                  const std::vector<std::string>& keywords) {
  std::string reply = "mx.test greets you";
  std::string lines;
  for (const std::string& keyword : keywords) {
    absl::StrAppend(&lines, "250-", reply, "\r\n");
    reply = keyword;
  }
  return Expect(absl::StrCat("EHLO ", hello_name)).Reply(absl::StrCat(lines, "250 ", reply));
}

std::string ScriptedPeer::position() const {
  return next_ == steps_.size() ? "end of script" : steps_[next_].description;
}

void ScriptedPeer::OnOpen(const std::shared_ptr<MemoryConnection>& connection) {
  connection_ = connection;
  Proceed();
}

void ScriptedPeer::OnBytes(absl::string_view bytes) {
  received_.append(bytes.data(), bytes.size());
  Proceed();
  if (error_.empty() && next_ == steps_.size() && !received_.empty()) {
    Fail(absl::StrCat("after the script's end: ", absl::CHexEscape(received_.substr(0, 80))));
  }
}

void ScriptedPeer::OnClientClosed() {
  client_closed_ = true;
  Proceed();
}

absl::StatusOr<std::string> ScriptedPeer::OnStartTls(const TlsParameters& parameters) {
  tls_parameters_ = parameters;
  if (!handshake_due_) {
    Fail("a handshake out of place");
    return absl::FailedPreconditionError("no handshake is due");
  }
  handshake_due_ = false;
  absl::StatusOr<std::string> result = handshake_result_;
  handshake_done_ = true;
  Proceed();
  return result;
}

void ScriptedPeer::Proceed() {
  if (proceeding_ || connection_ == nullptr) return;
  proceeding_ = true;
  while (error_.empty() && next_ < steps_.size() && steps_[next_].run()) ++next_;
  proceeding_ = false;
}

void ScriptedPeer::Fail(std::string error) {
  if (!error_.empty()) return;
  error_ = absl::StrCat("at step ", next_ + 1, " (", position(), "): ", error);
  connection_->Hangup();
}

bool ScriptedPeer::TakeLine(const std::string& want) {
  const size_t end = received_.find("\r\n");
  if (end == std::string::npos) return false;
  const std::string line = received_.substr(0, end);
  if (line != want) {
    Fail(absl::StrCat("got ", absl::CHexEscape(line)));
    return false;
  }
  received_.erase(0, end + 2);
  return true;
}

bool ScriptedPeer::TakeBytes(const std::string& want) {
  if (received_.size() < want.size() && absl::StartsWith(want, received_)) return false;
  if (!absl::StartsWith(received_, want)) {
    Fail(absl::StrCat("got ", absl::CHexEscape(received_.substr(0, want.size()))));
    return false;
  }
  received_.erase(0, want.size());
  return true;
}

bool ScriptedPeer::TakeMessage(const std::string& want) {
  size_t end = 0;
  if (!absl::StartsWith(received_, ".\r\n")) {
    const size_t found = received_.find("\r\n.\r\n");
    if (found == std::string::npos) return false;
    end = found + 2;
  }
  const std::string message = received_.substr(0, end);
  if (message != want) {
    Fail(absl::StrCat("got message ", absl::CHexEscape(message.substr(0, 400))));
    return false;
  }
  received_.erase(0, end + 3);
  return true;
}

}  // namespace mailstrom::delivery
