#include "delivery/attempt.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "delivery/attempt_record.h"
#include "delivery/dialogue_text.h"
#include "delivery/smtp/tls_mode.h"

namespace mailstrom::delivery {
namespace {

using smtp::RecipientResult;
using smtp::TlsMode;
using storage::Phase;
using SiteEffect = Verdict::SiteEffect;

// A path over IPv6 that is broken shows by silence; IPv4 should not wait for it.
constexpr absl::Duration kIpv6Patience = absl::Seconds(5);

bool IsIpv4(absl::string_view address) { return !absl::StrContains(address, ':'); }

int Weight(SiteEffect effect) {
  switch (effect) {
    case SiteEffect::kNone:
      return 0;
    case SiteEffect::kUnreachable:
      return 1;
    case SiteEffect::kAlive:
      return 2;
    case SiteEffect::kFull:
      return 3;
    case SiteEffect::kBusy:
      return 4;
  }
  return 0;
}

// What stood in the way of a recipient; null when it was delivered or there was nothing.
const smtp::Failure* FailureOf(const RecipientResult& recipient,
                               const smtp::TransactionResult& result) {
  switch (recipient.kind) {
    case RecipientResult::Kind::kFailed:
    case RecipientResult::Kind::kInDoubt:
      return &recipient.failure;
    case RecipientResult::Kind::kUntried:
      return result.session_failure ? &*result.session_failure : nullptr;
    case RecipientResult::Kind::kDelivered:
      break;
  }
  return nullptr;
}

std::string ReasonFor(const RecipientResult& recipient, const smtp::Failure* failure) {
  switch (recipient.kind) {
    case RecipientResult::Kind::kDelivered:
      return "the server took responsibility";
    case RecipientResult::Kind::kInDoubt:
      return absl::StrCat("the message may have been delivered: ", failure->description);
    case RecipientResult::Kind::kFailed:
    case RecipientResult::Kind::kUntried:
      break;
  }
  return failure != nullptr ? failure->description
                            : "the server takes no more recipients at a time";
}

// The phase that begins with a command; `before` when it is none that begins one.
Phase PhaseOfCommand(absl::string_view command, Phase before) {
  constexpr std::pair<absl::string_view, Phase> kPhases[] = {
      {"STARTTLS", Phase::kTls}, {"AUTH", Phase::kAuth}, {"MAIL", Phase::kMail},
      {"RCPT", Phase::kRcpt},    {"DATA", Phase::kData}, {"BDAT", Phase::kData}};
  for (const auto& [begin, phase] : kPhases) {
    if (absl::StartsWithIgnoreCase(command, begin)) return phase;
  }
  return before;
}

}  // namespace

Attempt::Attempt(AttemptContext& context, AttemptRequest request)
    : context_(context),
      transcript_(context.clock),
      request_(std::move(request)),
      start_time_(context.clock.Now()),
      pending_(request_.message.forward_paths.size()) {
  std::iota(pending_.begin(), pending_.end(), 0);
  result_.recipients.resize(pending_.size());
  for (AttemptOutcome& outcome : result_.recipients) {
    outcome.verdict = JudgeAddressLookup(absl::OkStatus());
    outcome.record = Record(Phase::kDns, {});
    outcome.record.description = Describe(outcome.verdict, "no host of the domain can be used");
  }
}

asio::awaitable<AttemptResult> Attempt::Run() {
  co_await TryHosts();
  const absl::Time end_time = context_.clock.Now();
  for (AttemptOutcome& outcome : result_.recipients) {
    outcome.settled = true;
    outcome.record.end_time = end_time;
  }
  if (aborted_) {
    for (const int recipient : pending_) result_.recipients[recipient].settled = false;
  }
  const std::vector<DialogueLine> said = transcript_.lines();
  if (!said.empty()) result_.dialogue = std::make_shared<const std::string>(EncodeDialogue(said));
  co_return std::move(result_);
}

void Attempt::Abort() {
  aborted_ = true;
  if (session_ != nullptr) session_->Abort();
}

Attempt::Progress Attempt::progress() const {
  Progress progress = {phase_, tried_.host, tried_.address, "", start_time_};
  for (const DialogueLine& line : transcript_.lines()) {
    progress.last_line = line.text;
    if (line.speaker == DialogueLine::Speaker::kClient && session_ != nullptr) {
      progress.phase = PhaseOfCommand(line.text, phase_);
    }
  }
  return progress;
}

bool Attempt::out_of_addresses() const {
  return addresses_tried_ >= context_.options.limits.addresses_per_attempt;
}

asio::awaitable<void> Attempt::TryHosts() {
  ShuffleTiers(request_.site.hosts, context_.random);
  int hosts_tried = 0;
  for (const MxHost& host : request_.site.hosts) {
    if (done() || out_of_addresses() || hosts_tried >= context_.options.limits.hosts_per_attempt) {
      break;
    }
    ++hosts_tried;
    co_await TryHost(host.name);
  }
  for (const Target& target : put_off_) {
    if (done() || out_of_addresses()) break;
    co_await TryAddress(target);
  }
}

asio::awaitable<void> Attempt::TryHost(std::string host) {
  phase_ = Phase::kDns;
  tried_ = {host, ""};
  const absl::StatusOr<std::vector<std::string>> addresses =
      co_await context_.resolver.Addresses(host);
  if (!addresses.ok() || addresses->empty()) {
    const Verdict verdict = JudgeAddressLookup(addresses.status());
    storage::Attempt record = Record(Phase::kDns, {host, ""});
    record.description =
        Describe(verdict, addresses.ok() ? absl::StrCat(host, " has no address")
                                         : absl::StrCat("no address of ", host, " could be found: ",
                                                        std::string(addresses.status().message())));
    NoteAll(verdict, record);
    co_return;
  }
  const absl::StatusOr<std::shared_ptr<const DaneHost>> dane = co_await FindDane(host);
  if (!dane.ok()) {
    const Verdict verdict = JudgeDaneLookup();
    storage::Attempt record = Record(Phase::kTls, {host, ""});
    record.description =
        Describe(verdict, absl::StrCat("whether ", host, " can be trusted could not be found out: ",
                                       std::string(dane.status().message())));
    NoteAll(verdict, record);
    co_return;
  }
  const std::vector<std::string> usable = WithSource(host, *addresses);
  for (const std::string& address : usable) {
    if (done() || out_of_addresses()) co_return;
    const Target target = {host, address, !IsIpv4(address) && IsIpv4(usable.back()), *dane};
    const std::string refusal = policy().trusted ? "" : context_.filter.Refusal(address);
    if (!refusal.empty()) {
      const Verdict verdict = JudgeForbiddenAddress();
      storage::Attempt record = Record(Phase::kDns, target);
      record.description =
          Describe(verdict, absl::StrCat("delivery to ", address, " is forbidden here: ", refusal));
      NoteAll(verdict, record);
    } else if (context_.unreachable.Contains(PathTo(target), context_.clock.Now())) {
      put_off_.push_back(target);
    } else {
      co_await TryAddress(target);
    }
  }
}

std::vector<std::string> Attempt::WithSource(const std::string& host,
                                             const std::vector<std::string>& addresses) {
  std::vector<std::string> usable;
  for (const std::string& address : addresses) {
    if (request_.source.Has(!IsIpv4(address))) usable.push_back(address);
  }
  if (usable.empty()) {
    const Verdict verdict = JudgeNoSource();
    storage::Attempt record = Record(Phase::kConnect, {host, ""});
    record.description = Describe(
        verdict,
        absl::StrCat(host, " has no address of a family that the pool of source addresses ",
                     request_.site.sources ? request_.site.sources->name : "", " has"));
    NoteAll(verdict, record);
  }
  return usable;
}

asio::awaitable<absl::StatusOr<std::shared_ptr<const DaneHost>>> Attempt::FindDane(
    std::string host) {
  // An operator who wants no TLS, or a verified certificate, has decided already.
  const bool asked = policy().tls == TlsMode::kOpportunistic || policy().tls == TlsMode::kRequire;
  if (!context_.options.use_dane || !request_.site.authenticated || !asked) co_return nullptr;
  absl::StatusOr<DaneHost> dane = co_await context_.dane.Resolve(host, policy().port);
  if (!dane.ok()) co_return dane.status();
  if (dane->kind == DaneHost::Kind::kNone) co_return nullptr;
  co_return std::make_shared<const DaneHost>(*std::move(dane));
}

asio::awaitable<void> Attempt::TryAddress(Target target) {
  ++addresses_tried_;
  phase_ = Phase::kConnect;
  tried_ = target;
  TlsMode tls = policy().tls;
  // DANE goes before MTA-STS (RFC 8461 §2), unless it only asks for TLS.
  if (target.dane) tls = TlsMode::kRequire;
  const bool authenticated = target.dane && !target.dane->records.empty();
  if (request_.site.must_verify && !authenticated && tls != TlsMode::kNone) tls = TlsMode::kVerify;
  Situation situation = {.clear_allowed = tls == TlsMode::kOpportunistic,
                         .reply_rules = &policy().reply_rules};
  bool may_reuse = true;
  // Goes round again for a connection gone stale, and in clear after STARTTLS failed.
  while (!done()) {
    if (situation.clear_allowed && !situation.fell_back_to_clear &&
        context_.broken_starttls.Contains(EndpointOf(target), context_.clock.Now())) {
      situation.fell_back_to_clear = true;
      tls = TlsMode::kNone;
    }
    std::optional<Connection> connection;
    if (may_reuse) connection = context_.connections.Take(PeerKey(target, tls));
    const bool reused = connection.has_value();
    if (!reused) connection = co_await Open(target, tls, situation);
    if (!connection) {
      const bool retry_in_clear =
          !situation.fell_back_to_clear && situation.clear_allowed &&
          context_.broken_starttls.Contains(EndpointOf(target), context_.clock.Now());
      if (retry_in_clear) continue;
      co_return;
    }
    if (reused) {
      transcript_.Note(
          absl::StrCat("a connection to ", target.host, " [", target.address, "] is open already",
                       connection->session->tls().empty() ? "" : ": ", connection->session->tls()));
    }
    const size_t pending = pending_.size();
    co_await Exchange(*connection->session, target, situation);
    ++connection->emails;
    const bool stale = reused && pending_.size() == pending && !connection->session->usable();
    Keep(*std::move(connection));
    if (!stale) co_return;
    may_reuse = false;
  }
}

asio::awaitable<std::optional<Connection>> Attempt::Open(Target target, TlsMode tls,
                                                         Situation situation) {
  co_await context_.before_connect(request_.site.key, request_.limited_domain);
  if (aborted_) co_return std::nullopt;
  const EngineOptions& options = context_.options;
  const SourceAddress& source = SourceOf(target);
  transcript_.Note(absl::StrCat("connecting to ", target.host, " [", target.address,
                                "]:", policy().port, source.address.empty() ? "" : " from ",
                                source.address));
  absl::StatusOr<std::unique_ptr<Stream>> stream = co_await context_.connector.Connect(
      {target.address, policy().port, source.address},
      target.has_ipv4 ? std::min(options.timeouts.connect, kIpv6Patience)
                      : options.timeouts.connect);
  const absl::Time now = context_.clock.Now();
  if (!stream.ok()) {
    transcript_.Note(stream.status().message());
    const Verdict verdict = JudgeConnect(stream.status());
    storage::Attempt record = Record(Phase::kConnect, target);
    record.description =
        Describe(verdict, absl::StrCat("no connection to ", target.host, " [", target.address,
                                       "]: ", std::string(stream.status().message())));
    if (verdict.site_effect == SiteEffect::kUnreachable) {
      context_.unreachable.Add(PathTo(target), now + options.unreachable_memory, now);
    }
    NoteAll(verdict, record);
    co_return std::nullopt;
  }
  if (aborted_) co_return std::nullopt;
  smtp::SessionOptions session_options;
  session_options.hello_name = source.hello_name.empty() ? options.hello_name : source.hello_name;
  session_options.peer_name = target.host;
  session_options.tls = tls;
  if (target.dane) {
    session_options.peer_name = target.dane->base_domain;
    session_options.tlsa_records = target.dane->records;
    transcript_.Note(target.dane->records.empty()
                         ? "DNSSEC asks for TLS"
                         : "DNSSEC asks for TLS with a host that its TLSA records name");
  }
  session_options.credentials = policy().credentials;
  session_options.timeouts = options.timeouts;
  auto session = std::make_unique<smtp::Session>(context_.alarms, *std::move(stream),
                                                 std::move(session_options));
  session->SetTranscript(&transcript_);
  session_ = session.get();
  phase_ = Phase::kHello;
  const std::optional<smtp::Failure> failure = co_await session->Open();
  session_ = nullptr;
  session->SetTranscript(nullptr);
  if (!failure) {
    context_.unreachable.Remove(PathTo(target));
    co_return Connection{std::move(session), PeerKey(target, tls), request_.site.key};
  }
  const absl::Time end = context_.clock.Now();
  const Verdict verdict = JudgeOpen(*failure, situation);
  if (verdict.next == Verdict::Next::kInClear && !aborted_) {
    context_.broken_starttls.Add(EndpointOf(target), end + options.broken_starttls_memory, end);
  } else if (verdict.site_effect == SiteEffect::kUnreachable) {
    context_.unreachable.Add(PathTo(target), end + options.unreachable_memory, end);
  }
  storage::Attempt record = Record(failure->phase, target);
  record.tls = session->tls();
  if (failure->reply) record.reply = ToStoredReply(*failure->reply);
  record.description = Describe(verdict, failure->description);
  NoteAll(verdict, record);
  context_.connections.Discard(std::move(session), request_.site.key);
  co_return std::nullopt;
}

asio::awaitable<void> Attempt::Exchange(smtp::Session& session, Target target,
                                        Situation situation) {
  std::vector<int> elsewhere;
  while (!done() && session.usable()) {
    co_await context_.before_message(request_.site.key, request_.limited_domain);
    if (aborted_) break;
    const size_t count =
        std::min<size_t>(pending_.size(), std::max(policy().recipients_per_transaction, 1));
    session.SetTranscript(&transcript_);
    session_ = &session;
    phase_ = Phase::kMail;
    const smtp::TransactionResult result = co_await session.Deliver(NextTransaction(count));
    session_ = nullptr;
    session.SetTranscript(nullptr);
    storage::Attempt record = Record(Phase::kData, target);
    record.tls = session.tls();
    TakeResults(result, record, situation, elsewhere);
  }
  pending_.insert(pending_.end(), elsewhere.begin(), elsewhere.end());
}

smtp::Transaction Attempt::NextTransaction(size_t recipient_count) const {
  smtp::Transaction transaction;
  transaction.reverse_path = request_.message.reverse_path;
  transaction.message = request_.message.message;
  transaction.is_8bit = request_.message.is_8bit;
  transaction.needs_smtputf8 = request_.message.needs_smtputf8;
  for (size_t i = 0; i < recipient_count; ++i) {
    transaction.forward_paths.push_back(request_.message.forward_paths[pending_[i]]);
  }
  return transaction;
}

void Attempt::TakeResults(const smtp::TransactionResult& result, storage::Attempt record,
                          const Situation& situation, std::vector<int>& elsewhere) {
  const std::vector<Verdict> verdicts = JudgeTransaction(result, situation);
  std::vector<int> once_more;
  for (size_t i = 0; i < verdicts.size(); ++i) {
    const RecipientResult& recipient = result.recipients[i];
    const smtp::Failure* failure = FailureOf(recipient, result);
    const std::optional<smtp::Reply>& reply = failure != nullptr ? failure->reply : recipient.reply;
    record.phase = failure != nullptr                                  ? failure->phase
                   : recipient.kind == RecipientResult::Kind::kUntried ? Phase::kRcpt
                                                                       : Phase::kData;
    record.reply = reply ? std::make_optional(ToStoredReply(*reply)) : std::nullopt;
    record.description = Describe(verdicts[i], ReasonFor(recipient, failure));
    Note(pending_[i], verdicts[i], record);
    if (verdicts[i].next == Verdict::Next::kNewTransaction) {
      once_more.push_back(pending_[i]);
    } else if (verdicts[i].next != Verdict::Next::kStop) {
      elsewhere.push_back(pending_[i]);
    }
  }
  pending_.erase(pending_.begin(), pending_.begin() + verdicts.size());
  pending_.insert(pending_.begin(), once_more.begin(), once_more.end());
}

void Attempt::NoteAll(const Verdict& verdict, const storage::Attempt& record) {
  for (const int recipient : pending_) Note(recipient, verdict, record);
  NoteEffect(verdict.site_effect);
}

void Attempt::Note(int recipient, const Verdict& verdict, const storage::Attempt& record) {
  AttemptOutcome& outcome = result_.recipients[recipient];
  NoteEffect(verdict.site_effect);
  result_.suspend_site = std::max(result_.suspend_site, verdict.suspend_site);
  const bool final_word = verdict.next == Verdict::Next::kStop;
  if (!final_word && !Supersedes(verdict, outcome.verdict)) return;
  outcome.verdict = verdict;
  outcome.record = record;
}

void Attempt::NoteEffect(SiteEffect effect) {
  SiteEffect& strongest = result_.site_effect;
  // One host has no room, another has.
  if ((effect == SiteEffect::kFull && strongest == SiteEffect::kAlive) ||
      (effect == SiteEffect::kAlive && strongest == SiteEffect::kFull)) {
    effect = SiteEffect::kBusy;
  }
  if (Weight(effect) > Weight(strongest)) strongest = effect;
}

storage::Attempt Attempt::Record(Phase phase, const Target& target) const {
  storage::Attempt record;
  record.start_time = start_time_;
  record.phase = phase;
  record.mx_host = target.host;
  record.mx_address = target.address;
  if (!target.address.empty()) record.source_address = SourceOf(target).address;
  return record;
}

const SourceAddress& Attempt::SourceOf(const Target& target) const {
  return request_.source.For(!IsIpv4(target.address));
}

std::string Attempt::EndpointOf(const Target& target) const {
  return absl::StrCat(target.address, " ", policy().port);
}

std::string Attempt::PathTo(const Target& target) const {
  return absl::StrCat(EndpointOf(target), " from ", SourceOf(target).address);
}

std::string Attempt::PeerKey(const Target& target, TlsMode tls) const {
  return absl::StrCat(target.host, " ", PathTo(target), " ", static_cast<int>(tls),
                      target.dane ? " dane " : " ",
                      policy().credentials ? policy().credentials->username : "");
}

void Attempt::Keep(Connection connection) {
  if (aborted_ || !connection.session->usable() ||
      connection.emails >= policy().emails_per_connection) {
    context_.connections.Discard(std::move(connection.session), connection.site_key);
  } else {
    context_.connections.Put(std::move(connection));
  }
}

}  // namespace mailstrom::delivery
