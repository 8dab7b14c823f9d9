#ifndef MAILSTROM_DELIVERY_FAKE_MAIL_HOST_H_
#define MAILSTROM_DELIVERY_FAKE_MAIL_HOST_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/alarms.h"
#include "base/clock.h"
#include "tests/fakes/memory_stream.h"

namespace mailstrom::delivery {

// A mail server in memory that speaks plain SMTP as long as its knobs say nothing else. Each knob
// may be turned at any time. An empty reply makes it hang up instead, kSilence makes it say nothing
// more.
class FakeMailHost {
 public:
  static constexpr char kSilence[] = "-";

  struct Mail {
    absl::Time time;
    std::string reverse_path;
    // Those that it took.
    std::vector<std::string> forward_paths;
    std::string data;
    bool tls = false;
  };

  explicit FakeMailHost(const Clock& clock, Alarms* alarms = nullptr)
      : clock_(clock), alarms_(alarms) {}

  // One more connection.
  std::shared_ptr<MemoryPeer> Connect();

  // How long each reply takes; only with alarms.
  absl::Duration reply_delay;
  std::string greeting = "220 fake ESMTP";
  std::vector<std::string> keywords = {"PIPELINING", "ENHANCEDSTATUSCODES"};
  std::function<std::string(const std::string& path)> on_mail;
  std::function<std::string(const std::string& path)> on_rcpt;
  // The reply to DATA.
  std::function<std::string()> on_data;
  // The reply to the whole message; it counts as taken when that begins with 2.
  std::function<std::string(const Mail& mail)> on_message;
  // Why handshakes fail; OK for those that do not.
  absl::Status tls_status;
  // What the client asked of the last handshake.
  TlsParameters tls_parameters;

  // What it took.
  std::vector<Mail> mails;
  // Every forward-path that it was asked for, in order, and when.
  std::vector<std::pair<std::string, absl::Time>> asked;
  int connections = 0;
  int open_connections = 0;
  int most_open_connections = 0;
  // Is told of each connection: +1 when it is opened, -1 when it is closed.
  std::function<void(int)> on_connection;

 private:
  class Peer;

  const Clock& clock_;
  Alarms* const alarms_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_FAKE_MAIL_HOST_H_
