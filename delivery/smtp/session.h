#ifndef MAILSTROM_DELIVERY_SMTP_SESSION_H_
#define MAILSTROM_DELIVERY_SMTP_SESSION_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "asio/awaitable.hpp"
#include "base/alarms.h"
#include "delivery/smtp/auth.h"
#include "delivery/smtp/timeouts.h"
#include "delivery/smtp/tls_mode.h"
#include "delivery/smtp/transaction.h"
#include "delivery/smtp/transcript.h"
#include "delivery/transport.h"

namespace mailstrom::delivery::smtp {

struct SessionOptions {
  // This host's FQDN, for EHLO.
  std::string hello_name;
  // The MX host's name, for SNI and certificate.
  std::string peer_name;
  TlsMode tls = TlsMode::kOpportunistic;
  // With kRequire: one of these must hold for the certificate, which stands for verification
  // (RFC 7672). Empty: it is not looked at.
  std::vector<TlsaRecord> tlsa_records = {};
  // For AUTH, which is then a must. They go over verified TLS only, unless they allow less.
  std::optional<Credentials> credentials = std::nullopt;
  // Send messages by BDAT (RFC 3030) where offered.
  bool use_chunking = true;
  Timeouts timeouts;
};

// The client's side of one SMTP connection (RFC 5321). Lives on one strand; one call at a time.
// Never throws; every call ends within the time-outs.
class Session {
 public:
  // `alarms`, of the same strand, must outlive the session.
  Session(Alarms& alarms, std::unique_ptr<Stream> stream, SessionOptions options);
  ~Session();

  // Greeting, EHLO (HELO on 500 or 502), STARTTLS and EHLO again, AUTH. Nothing: it may be used.
  // Failures of AUTH have Phase::kAuth; kUnsupported: no mechanism, or no TLS, that would do.
  asio::awaitable<std::optional<Failure>> Open();

  // Sends one message. Only after Open, while usable().
  asio::awaitable<TransactionResult> Deliver(Transaction transaction);

  // Where Open and Deliver take down the dialogue from now on; null: nowhere. Credentials do not
  // appear there. Must outlive its use.
  void SetTranscript(Transcript* transcript);

  // Says QUIT, without insisting on an answer, and closes.
  asio::awaitable<void> Quit();

  // Ends the connection at once; a call under way fails with kConnection.
  void Abort();

  // False after a 421, a broken connection or a protocol error.
  bool usable() const;
  // TLS version and cipher; empty in clear.
  const std::string& tls() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mailstrom::delivery::smtp

#endif  // MAILSTROM_DELIVERY_SMTP_SESSION_H_
