#ifndef MAILSTROM_DELIVERY_ATTEMPT_H_
#define MAILSTROM_DELIVERY_ATTEMPT_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "asio/awaitable.hpp"
#include "base/alarms.h"
#include "base/clock.h"
#include "base/random_source.h"
#include "delivery/connection_cache.h"
#include "delivery/destination_filter.h"
#include "delivery/dns/dane_resolver.h"
#include "delivery/dns/mx_resolver.h"
#include "delivery/expiring_set.h"
#include "delivery/options.h"
#include "delivery/reply_policy.h"
#include "delivery/site.h"
#include "delivery/smtp/transcript.h"
#include "delivery/source_pool.h"
#include "delivery/transport.h"
#include "storage/records.h"

namespace mailstrom::delivery {

// What all attempts share. Lives on one strand and outlives them.
struct AttemptContext {
  const EngineOptions& options;
  const Clock& clock;
  Alarms& alarms;
  RandomSource& random;
  MxResolver& resolver;
  DaneResolver& dane;
  const DestinationFilter& filter;
  Connector& connector;
  ConnectionCache& connections;
  // Addresses, with their ports, whose STARTTLS does not work.
  ExpiringSet& broken_starttls;
  // Addresses that did not answer, by where they were tried from.
  ExpiringSet& unreachable;
  // Waited for, with a site's key and limited domain, before a connection to it is opened: makes
  // room for it, and keeps their rates.
  std::function<asio::awaitable<void>(std::string, std::string)> before_connect;
  // Waited for, likewise, before each message to it begins: keeps their rates.
  std::function<asio::awaitable<void>(std::string, std::string)> before_message;
};

// One message to recipients of one site.
struct AttemptRequest {
  Site site;
  // From where to connect.
  SourceChoice source;
  smtp::Transaction message;
  // As Parcel::limited_domain.
  std::string limited_domain = "";
};

struct AttemptOutcome {
  // False: the attempt was aborted before anything was known of this recipient.
  bool settled = false;
  Verdict verdict;
  storage::Attempt record;
};

struct AttemptResult {
  // One per forward-path, in their order.
  std::vector<AttemptOutcome> recipients;
  // The strongest sign that the site gave.
  Verdict::SiteEffect site_effect = Verdict::SiteEffect::kNone;
  // What was said, as EncodeDialogue gives it; null when nothing was.
  std::shared_ptr<const std::string> dialogue;
  // How long a rule asks to leave the site alone.
  absl::Duration suspend_site = absl::ZeroDuration();
};

// One try to hand a message to a site: its hosts by preference, each one's addresses in order,
// until every recipient has an answer or a limit is reached. Recipients that got one are not tried
// elsewhere. Lives on one strand.
class Attempt {
 public:
  // `context` must outlive it.
  Attempt(AttemptContext& context, AttemptRequest request);

  // Call once. The attempt must live until it ends.
  asio::awaitable<AttemptResult> Run();

  // Ends Run soon. Whatever is known by then counts; a message whose final dot is sent is in doubt.
  void Abort();

  // How far it has come.
  struct Progress {
    storage::Phase phase = storage::Phase::kDns;
    // Tried now; empty before the first.
    std::string mx_host = "";
    std::string mx_address = "";
    // What was said last on the wire, without content and secrets.
    std::string last_line = "";
    absl::Time start_time;
  };
  Progress progress() const;

  // Whether, after Abort, Run may still wait for DNS or a connection: nothing can come of that.
  bool abandonable() const { return session_ == nullptr; }

 private:
  struct Target {
    std::string host;
    std::string address;
    // For an IPv6 address: the host has IPv4 addresses too.
    bool has_ipv4 = false;
    // Null: nothing is asked of its TLS.
    std::shared_ptr<const DaneHost> dane = nullptr;
  };

  asio::awaitable<void> TryHosts();
  // Leaves those that there is an address to connect from for. Without any, that is noted.
  std::vector<std::string> WithSource(const std::string& host,
                                      const std::vector<std::string>& addresses);
  asio::awaitable<void> TryHost(std::string host);
  // What DNSSEC asks of the TLS with a host; null: nothing.
  asio::awaitable<absl::StatusOr<std::shared_ptr<const DaneHost>>> FindDane(std::string host);
  asio::awaitable<void> TryAddress(Target target);
  asio::awaitable<std::optional<Connection>> Open(Target target, smtp::TlsMode tls,
                                                  Situation situation);
  asio::awaitable<void> Exchange(smtp::Session& session, Target target, Situation situation);

  bool done() const { return pending_.empty() || aborted_; }
  bool out_of_addresses() const;
  smtp::Transaction NextTransaction(size_t recipient_count) const;
  // Takes what came of the first recipients in pending_. Those that another address may serve move
  // to `elsewhere`, those that want a new transaction stay.
  void TakeResults(const smtp::TransactionResult& result, storage::Attempt record,
                   const Situation& situation, std::vector<int>& elsewhere);
  // Keeps a verdict, of all pending recipients or of one, as far as it says more than the last.
  void NoteAll(const Verdict& verdict, const storage::Attempt& record);
  void Note(int recipient, const Verdict& verdict, const storage::Attempt& record);
  void NoteEffect(Verdict::SiteEffect effect);
  storage::Attempt Record(storage::Phase phase, const Target& target) const;
  void Keep(Connection connection);
  const SitePolicy& policy() const { return *request_.site.policy; }
  // Where to connect to such a target from.
  const SourceAddress& SourceOf(const Target& target) const;
  // The address and port of its host.
  std::string EndpointOf(const Target& target) const;
  // The same as seen from here.
  std::string PathTo(const Target& target) const;
  // As Connection::peer_key.
  std::string PeerKey(const Target& target, smtp::TlsMode tls) const;

  AttemptContext& context_;
  smtp::Transcript transcript_;
  AttemptRequest request_;
  AttemptResult result_;
  absl::Time start_time_;
  // Indexes of the recipients without an answer.
  std::vector<int> pending_;
  // Addresses put off because they did not answer lately.
  std::vector<Target> put_off_;
  int addresses_tried_ = 0;
  bool aborted_ = false;
  // As Progress has it, but that the dialogue tells more.
  storage::Phase phase_ = storage::Phase::kDns;
  Target tried_;
  // The session that has a call under way.
  smtp::Session* session_ = nullptr;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_ATTEMPT_H_
