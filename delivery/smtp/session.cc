#include "delivery/smtp/session.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "delivery/smtp/capabilities.h"
#include "delivery/smtp/dialogue.h"
#include "delivery/smtp/exchange.h"
#include "delivery/smtp/failure.h"

namespace mailstrom::delivery::smtp {

using storage::Phase;

class Session::Impl {
 public:
  Impl(Alarms& alarms, std::unique_ptr<Stream> stream, SessionOptions options)
      : dialogue_(alarms, std::move(stream)), options_(std::move(options)) {
    if (!options_.credentials.has_value()) return;
    Hide(options_.credentials->password);
    Hide(options_.credentials->access_token);
  }

  asio::awaitable<std::optional<Failure>> Open();
  asio::awaitable<TransactionResult> Deliver(Transaction transaction);
  asio::awaitable<void> Quit();
  void SetTranscript(Transcript* transcript);
  void Abort() {
    usable_ = false;
    dialogue_.Close();
  }

  bool usable() const { return usable_; }
  const std::string& tls() const { return tls_; }

 private:
  asio::awaitable<std::optional<Failure>> TakeGreeting();
  asio::awaitable<std::optional<Failure>> SayHello();
  asio::awaitable<std::optional<Failure>> SecureIfWanted();
  asio::awaitable<std::optional<Failure>> Secure();
  asio::awaitable<std::optional<Failure>> AuthenticateIfWanted();
  asio::awaitable<std::optional<Failure>> Authenticate(AuthMechanism& mechanism);
  // Keeps what the server is shown out of transcript and failures, for a server may repeat it.
  void Hide(std::string secret);
  Reply WithoutSecrets(Reply reply) const;
  // Sends a command and takes its reply.
  asio::awaitable<absl::StatusOr<Reply>> Ask(std::string command, absl::Duration timeout);

  const Timeouts& timeouts() const { return options_.timeouts; }

  Dialogue dialogue_;
  const SessionOptions options_;
  Capabilities capabilities_;
  std::vector<std::string> secrets_;
  std::string tls_;
  bool usable_ = false;
  bool needs_reset_ = false;
};

void Session::Impl::SetTranscript(Transcript* transcript) {
  dialogue_.SetTranscript(transcript);
  if (transcript == nullptr) return;
  for (const std::string& secret : secrets_) transcript->Hide(secret);
}

void Session::Impl::Hide(std::string secret) {
  if (secret.empty()) return;
  if (dialogue_.transcript() != nullptr) dialogue_.transcript()->Hide(secret);
  secrets_.push_back(std::move(secret));
}

Reply Session::Impl::WithoutSecrets(Reply reply) const {
  for (std::string& line : reply.lines) {
    for (const std::string& secret : secrets_) {
      line = absl::StrReplaceAll(line, {{secret, "[secret]"}});
    }
  }
  return reply;
}

asio::awaitable<std::optional<Failure>> Session::Impl::Open() {
  Dialogue::Deadline deadline(dialogue_, timeouts().call);
  std::optional<Failure> failure = co_await TakeGreeting();
  if (!failure) failure = co_await SayHello();
  if (!failure) failure = co_await SecureIfWanted();
  if (!failure) failure = co_await AuthenticateIfWanted();
  usable_ = !failure.has_value();
  co_return failure;
}

asio::awaitable<std::optional<Failure>> Session::Impl::TakeGreeting() {
  const absl::StatusOr<Reply> greeting = co_await dialogue_.Receive(timeouts().greeting);
  if (!greeting.ok()) co_return FailureFromStatus(greeting.status(), Phase::kHello, "greeting");
  if (greeting->code != 220) co_return FailureFromReply(*greeting, Phase::kHello, "greeting");
  co_return std::nullopt;
}

asio::awaitable<std::optional<Failure>> Session::Impl::SayHello() {
  capabilities_ = Capabilities();
  absl::StatusOr<Reply> reply =
      co_await Ask(absl::StrCat("EHLO ", options_.hello_name), timeouts().hello);
  if (reply.ok() && reply->code / 100 == 2) {
    capabilities_ = ParseCapabilities(*reply);
    capabilities_.chunking &= options_.use_chunking;
    co_return std::nullopt;
  }
  // Any other refusal is the server's word on this host, and HELO would only get around it.
  if (reply.ok() && (reply->code == 500 || reply->code == 502)) {
    reply = co_await Ask(absl::StrCat("HELO ", options_.hello_name), timeouts().hello);
    if (reply.ok() && reply->code / 100 == 2) co_return std::nullopt;
  }
  if (!reply.ok()) co_return FailureFromStatus(reply.status(), Phase::kHello, "reply to EHLO");
  co_return FailureFromReply(*reply, Phase::kHello, "reply to EHLO");
}

asio::awaitable<std::optional<Failure>> Session::Impl::SecureIfWanted() {
  if (options_.tls == TlsMode::kNone) co_return std::nullopt;
  if (capabilities_.starttls) co_return co_await Secure();
  if (options_.tls == TlsMode::kOpportunistic) co_return std::nullopt;
  Failure failure;
  failure.kind = Failure::Kind::kTls;
  failure.phase = Phase::kTls;
  failure.description = "TLS is required, the server does not offer STARTTLS";
  co_return failure;
}

asio::awaitable<std::optional<Failure>> Session::Impl::Secure() {
  // Whatever goes wrong from here on is TLS's fault: without it the same server may well do.
  const auto as_tls = [](Failure failure) {
    failure.kind = Failure::Kind::kTls;
    return failure;
  };
  const absl::StatusOr<Reply> reply = co_await Ask("STARTTLS", timeouts().tls);
  if (!reply.ok()) {
    co_return as_tls(FailureFromStatus(reply.status(), Phase::kTls, "reply to STARTTLS"));
  }
  if (reply->code != 220) {
    const bool stays = reply->code >= 400 && reply->code != 421;
    if (stays && options_.tls == TlsMode::kOpportunistic) co_return std::nullopt;
    co_return as_tls(FailureFromReply(*reply, Phase::kTls, "reply to STARTTLS"));
  }
  TlsParameters parameters;
  parameters.server_name = options_.peer_name;
  parameters.verify = options_.tls == TlsMode::kVerify;
  parameters.tlsa_records = options_.tlsa_records;
  const absl::StatusOr<std::string> tls =
      co_await dialogue_.StartTls(std::move(parameters), timeouts().tls);
  if (!tls.ok()) co_return as_tls(FailureFromStatus(tls.status(), Phase::kTls, "TLS handshake"));
  tls_ = *tls;
  // What the server said in clear may have been anyone's word (RFC 3207 §4.2).
  co_return co_await SayHello();
}

asio::awaitable<std::optional<Failure>> Session::Impl::AuthenticateIfWanted() {
  if (!options_.credentials.has_value()) co_return std::nullopt;
  const Credentials& credentials = *options_.credentials;
  const bool verified = !tls_.empty() && options_.tls == TlsMode::kVerify;
  Failure unsupported;
  unsupported.kind = Failure::Kind::kUnsupported;
  unsupported.phase = Phase::kAuth;
  if (!verified && !credentials.allow_unverified) {
    unsupported.description = "credentials go over verified TLS only";
    co_return unsupported;
  }
  const std::unique_ptr<AuthMechanism> mechanism =
      ChooseMechanism(credentials, capabilities_.auth_mechanisms, !tls_.empty());
  if (mechanism == nullptr) {
    unsupported.description = "the server offers no AUTH mechanism for these credentials";
    co_return unsupported;
  }
  co_return co_await Authenticate(*mechanism);
}

asio::awaitable<std::optional<Failure>> Session::Impl::Authenticate(AuthMechanism& mechanism) {
  // No mechanism takes more, and a server might ask for ever.
  constexpr int kMaxChallenges = 4;
  std::string line = absl::StrCat("AUTH ", mechanism.name());
  if (const std::optional<std::string> initial = mechanism.InitialResponse()) {
    const std::string encoded = absl::Base64Escape(*initial);
    Hide(encoded);
    absl::StrAppend(&line, " ", encoded);
  }
  for (int i = 0; i <= kMaxChallenges; ++i) {
    const absl::StatusOr<Reply> reply = co_await Ask(std::move(line), timeouts().auth);
    if (!reply.ok()) co_return FailureFromStatus(reply.status(), Phase::kAuth, "reply to AUTH");
    if (reply->code / 100 == 2) co_return std::nullopt;
    std::string challenge;
    if (reply->code != 334 || !absl::Base64Unescape(reply->lines[0], &challenge)) {
      co_return FailureFromReply(WithoutSecrets(*reply), Phase::kAuth, "reply to AUTH");
    }
    const absl::StatusOr<std::string> response = mechanism.Respond(challenge);
    if (!response.ok()) {
      co_return FailureFromStatus(response.status(), Phase::kAuth, "challenge of AUTH");
    }
    line = absl::Base64Escape(*response);
    Hide(line);
  }
  co_return FailureFromStatus(absl::InvalidArgumentError("too many challenges"), Phase::kAuth,
                              "challenge of AUTH");
}

asio::awaitable<absl::StatusOr<Reply>> Session::Impl::Ask(std::string command,
                                                          absl::Duration timeout) {
  const absl::StatusOr<std::optional<Reply>> unsolicited = dialogue_.TakeUnsolicited();
  if (!unsolicited.ok()) co_return unsolicited.status();
  if (unsolicited->has_value()) {
    if ((*unsolicited)->code == 421) co_return **unsolicited;
    dialogue_.Close();
    co_return absl::InvalidArgumentError("a reply out of turn");
  }
  command += "\r\n";
  const absl::Status sent = co_await dialogue_.Send(command, timeout);
  if (!sent.ok()) co_return sent;
  co_return co_await dialogue_.Receive(timeout);
}

asio::awaitable<TransactionResult> Session::Impl::Deliver(Transaction transaction) {
  Dialogue::Deadline deadline(dialogue_, timeouts().call);
  Exchange exchange(dialogue_, capabilities_, timeouts(), std::move(transaction));
  TransactionResult result = co_await exchange.Run(needs_reset_);
  needs_reset_ = exchange.unfinished();
  if (result.session_failure) usable_ = false;
  co_return result;
}

asio::awaitable<void> Session::Impl::Quit() {
  usable_ = false;
  // Fails at once when the connection is gone already; no answer would change anything.
  (co_await Ask("QUIT", timeouts().quit)).IgnoreError();
  dialogue_.Close();
}

Session::Session(Alarms& alarms, std::unique_ptr<Stream> stream, SessionOptions options)
    : impl_(std::make_unique<Impl>(alarms, std::move(stream), std::move(options))) {}

Session::~Session() = default;

asio::awaitable<std::optional<Failure>> Session::Open() { return impl_->Open(); }

asio::awaitable<TransactionResult> Session::Deliver(Transaction transaction) {
  return impl_->Deliver(std::move(transaction));
}

asio::awaitable<void> Session::Quit() { return impl_->Quit(); }

void Session::SetTranscript(Transcript* transcript) { impl_->SetTranscript(transcript); }

void Session::Abort() { impl_->Abort(); }

bool Session::usable() const { return impl_->usable(); }

const std::string& Session::tls() const { return impl_->tls(); }

}  // namespace mailstrom::delivery::smtp
