#ifndef MAILSTROM_TESTS_FAKES_SCRIPTED_PEER_H_
#define MAILSTROM_TESTS_FAKES_SCRIPTED_PEER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/alarms.h"
#include "tests/fakes/memory_stream.h"

namespace mailstrom::delivery {

// An SMTP server that follows a script, step by step:
//   peer->Reply("220 mx ESMTP").Expect("EHLO me.test").Reply("250-mx\r\n250 SIZE 1000")…
// A step waits until those before it are done. What the client says must be what the script
// expects; the first difference is kept in error(), and the peer hangs up.
class ScriptedPeer final : public MemoryPeer {
 public:
  // `alarms`: for Wait.
  explicit ScriptedPeer(Alarms& alarms) : alarms_(alarms) {}
  ~ScriptedPeer() override;

  // The client's next line must be `line`, without its CRLF.
  ScriptedPeer& Expect(std::string line);
  // Takes lines up to and with a lone dot; without it they must be `message`, dot-stuffed as on the
  // wire, line ends included.
  ScriptedPeer& ExpectMessage(std::string message);
  // The client's next bytes must be just these.
  ScriptedPeer& ExpectBytes(std::string bytes);
  // Sends `lines` and a CRLF in one piece.
  ScriptedPeer& Reply(std::string lines);
  // Sends bytes as they are, in one piece: for split lines and garbage.
  ScriptedPeer& Send(std::string bytes);
  // Sends each byte on its own, `interval` after the one before.
  ScriptedPeer& Trickle(std::string bytes, absl::Duration interval);
  // The client must do a handshake now. A failed one is followed by Hangup.
  ScriptedPeer& StartTls(
      absl::StatusOr<std::string> result = std::string("TLSv1.3 TLS_AES_128_GCM_SHA256"));
  // Goes on after `duration`.
  ScriptedPeer& Wait(absl::Duration duration);
  // Does nothing any more, for ever: the client runs into its time-out.
  ScriptedPeer& Stall();
  // Takes no more bytes: the client's writes run into their time-out.
  ScriptedPeer& StopTaking();
  ScriptedPeer& Hangup();
  // The client must close the connection.
  ScriptedPeer& ExpectClose();

  // Usual beginnings. Greeting, `EHLO hello_name`, and a reply with `keywords`, one a line.
  ScriptedPeer& Greet(const std::string& hello_name, const std::vector<std::string>& keywords = {});
  // EHLO alone and its reply.
  ScriptedPeer& Hello(const std::string& hello_name, const std::vector<std::string>& keywords = {});

  // All steps were done and the client sent nothing else.
  bool done() const { return error_.empty() && next_ == steps_.size() && received_.empty(); }
  // For people; empty while all goes as scripted.
  const std::string& error() const { return error_; }
  // What the script is waiting for; for people.
  std::string position() const;
  // Null before the connection.
  const MemoryConnection* connection() const { return connection_.get(); }
  // Of the handshake; meaningless before.
  const TlsParameters& tls_parameters() const { return tls_parameters_; }

  void OnOpen(const std::shared_ptr<MemoryConnection>& connection) override;
  void OnBytes(absl::string_view bytes) override;
  void OnClientClosed() override;
  absl::StatusOr<std::string> OnStartTls(const TlsParameters& parameters) override;

 private:
  struct Step {
    std::string description;
    // True: done. False: wait for more of whatever it waits for.
    std::function<bool()> run;
  };

  ScriptedPeer& Add(std::string description, std::function<bool()> run);
  void Proceed();
  void Fail(std::string error);
  bool TakeLine(const std::string& want);
  bool TakeBytes(const std::string& want);
  bool TakeMessage(const std::string& want);

  Alarms& alarms_;
  Alarms::Id alarm_ = Alarms::kNone;
  std::shared_ptr<MemoryConnection> connection_;
  std::vector<Step> steps_;
  size_t next_ = 0;
  bool proceeding_ = false;
  // Not yet taken by a step.
  std::string received_;
  bool client_closed_ = false;
  bool waited_ = false;
  // What the next handshake is to give, while a StartTls step waits for one.
  bool handshake_due_ = false;
  bool handshake_done_ = false;
  absl::StatusOr<std::string> handshake_result_ = absl::UnknownError("none");
  TlsParameters tls_parameters_;
  std::string error_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_TESTS_FAKES_SCRIPTED_PEER_H_
