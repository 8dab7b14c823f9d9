// Days of deliveries, outages and retries in one deterministic run: one thread, one seed, fake
// time.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "delivery/engine.h"
#include "delivery/fake_mail_host.h"
#include "delivery/rate_witness.h"
#include "delivery/stepped_store.h"
#include "gtest/gtest.h"
#include "storage/memory_store.h"
#include "tests/fakes/deterministic_random.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_connector.h"
#include "tests/fakes/fake_dns_client.h"
#include "tests/fakes/fake_loop.h"

namespace mailstrom::delivery {
namespace {

constexpr int kSites = 5000;
constexpr int kRecipients = 100000;
constexpr int kMaxRecipientsPerEmail = 8;
constexpr absl::Duration kLength = absl::Hours(5 * 24);
constexpr absl::Duration kLifetime = absl::Hours(48);
constexpr int kConnections = 300;
constexpr int kConnectionsPerSite = 10;
// Every tenth site of the busy hundredth wants to be treated gently.
constexpr double kGentleConnectionsPerSecond = 0.2;
constexpr double kGentleMessagesPerSecond = 0.5;

uint64_t Seed() {
  uint64_t seed = 1;
  if (const char* text = std::getenv("SEED")) EXPECT_TRUE(absl::SimpleAtoi(text, &seed));
  return seed;
}

// How a host behaves during one slot of time.
enum class Weather {
  kFine,
  kRefusing,
  kSilent,
  kBusy,
  kHangingUp,
  kForgetful,
  kGreylisting,
  kSlow
};

class Simulation {
 public:
  explicit Simulation(uint64_t seed) : seed_(seed), random_(seed) {
    options_.hello_name = "me.test";
    options_.retry.max_retries = 1000;
    options_.retry.max_delay = absl::Hours(2);
    options_.limits.connections = kConnections;
    options_.limits.connections_per_site = kConnectionsPerSite;
    options_.limits.claim_window = 5000;
    SiteRule gentle;
    gentle.name = "gentle";
    gentle.hosts = {"*.gentle.test"};
    gentle.changes.connections_per_second = kGentleConnectionsPerSecond;
    gentle.changes.messages_per_second = kGentleMessagesPerSecond;
    options_.site_rules = {gentle};
    BuildSites();
    AcceptEmails();
  }

  void Run() {
    Engine engine(options_, store_, clock_, clock_, dns_, connector_, random_,
                  loop_.io().get_executor());
    engine.Start();
    const absl::Time end = clock_.Now() + kLength + kLifetime;
    while (clock_.Now() < end) {
      // Now and then the store refuses work for some minutes.
      const bool outage = Draw(0, 40) == 0;
      store_.record_status =
          outage && Draw(0, 2) == 0 ? absl::UnavailableError("disk") : absl::OkStatus();
      store_.claim_status = outage ? absl::UnavailableError("disk") : absl::OkStatus();
      loop_.Advance(outage ? absl::Minutes(3) : absl::Minutes(20));
    }
    store_.record_status = store_.claim_status = absl::OkStatus();
    loop_.Advance(absl::Hours(1));
    auto drained = std::make_shared<bool>(false);
    engine.Drain(absl::Minutes(1), [drained] { *drained = true; });
    EXPECT_TRUE(loop_.RunUntil([&] { return *drained; }, absl::Hours(1)));
    loop_.Advance(absl::Hours(1));
  }

  void Check() {
    int delivered = 0;
    int failed = 0;
    int in_doubt = 0;
    int twice = 0;
    int64_t attempts = 0;
    for (const std::string& id : emails_) {
      const auto email = store_.ReadEmailNow(id);
      ASSERT_TRUE(email.ok());
      for (const storage::Recipient& recipient : email->recipients) {
        const int copies = copies_[recipient.address];
        const bool is_delivered = recipient.state == storage::RecipientState::kDelivered;
        ASSERT_TRUE(storage::IsFinal(recipient.state)) << recipient.address << " is lost";
        ASSERT_TRUE(!is_delivered || copies >= 1) << recipient.address << " was never delivered";
        ASSERT_TRUE(is_delivered || copies == 0 || recipient.in_doubt) << recipient.address;
        ASSERT_TRUE(copies <= 1 || recipient.in_doubt) << recipient.address << " came twice";
        ASSERT_LE(copies, 1 + forgotten_[recipient.address]) << recipient.address;
        delivered += is_delivered;
        failed += !is_delivered;
        in_doubt += recipient.in_doubt;
        twice += copies > 1;
        attempts += recipient.attempt_count;
      }
    }
    EXPECT_EQ(delivered + failed, kRecipients);
    EXPECT_GT(delivered, kRecipients * 9 / 10);
    CheckEvents();
    CheckLimits();
    std::cout << "delivered " << delivered << ", failed " << failed << ", in doubt " << in_doubt
              << ", twice " << twice << ", attempts " << attempts << ", connections "
              << connector_.connects().size() << ", claims given back " << store_.released
              << std::endl;
  }

 private:
  // In [low, high).
  int Draw(int low, int high) { return low + static_cast<int>(random_.NextUnit() * (high - low)); }

  // Before and after every step of every dialogue, so at any time.
  void CheckLimits() {
    EXPECT_LE(most_connections_, kConnections);
    EXPECT_GT(most_connections_, kConnections / 2) << "or the limit is not tried";
    int busiest = 0;
    for (int site = 0; site < kSites; ++site) {
      EXPECT_LE(hosts_[site]->most_open_connections, kConnectionsPerSite) << "site " << site;
      busiest = std::max(busiest, hosts_[site]->most_open_connections);
    }
    EXPECT_EQ(busiest, kConnectionsPerSite) << "or the limit is not tried";
    int most_connections = 0;
    int most_messages = 0;
    for (const auto& [site, rates] : rates_) {
      // With less than one a second nothing is saved up, so any minute has a minute's worth.
      EXPECT_LE(rates.connections.most(), 60 * kGentleConnectionsPerSecond) << "site " << site;
      EXPECT_LE(rates.messages.most(), 60 * kGentleMessagesPerSecond) << "site " << site;
      most_connections = std::max(most_connections, rates.connections.most());
      most_messages = std::max(most_messages, rates.messages.most());
    }
    EXPECT_EQ(most_connections, 60 * kGentleConnectionsPerSecond) << "or the limit is not tried";
    EXPECT_EQ(most_messages, 60 * kGentleMessagesPerSecond) << "or the limit is not tried";
  }

  static bool IsGentle(int site) { return site < kSites / 100 && site % 10 == 0; }

  static std::string DomainOf(int site) { return absl::StrCat("d", site, ".test"); }

  void BuildSites() {
    for (int site = 0; site < kSites; ++site) {
      const std::string address =
          absl::StrCat("20.", site / 65536, ".", site / 256 % 256, ".", site % 256);
      const std::string name = IsGentle(site) ? absl::StrCat("mx", site, ".gentle.test")
                                              : absl::StrCat("mx.", DomainOf(site));
      if (IsGentle(site)) rates_.try_emplace(site);
      // One in a hundred domains does not exist.
      if (site % 100 != 99) dns_.AddMx(DomainOf(site), 10, name);
      dns_.AddAddress(name, address);
      hosts_.push_back(std::make_unique<FakeMailHost>(clock_, &clock_));
      SetUpHost(site, *hosts_.back());
      connector_.Serve(address, [this, site](const Endpoint&) -> std::shared_ptr<MemoryPeer> {
        const Weather weather = WeatherOf(site);
        const auto rates = rates_.find(site);
        if (rates != rates_.end()) rates->second.connections.Saw(clock_.Now());
        if (weather == Weather::kRefusing) return nullptr;
        hosts_[site]->reply_delay =
            weather == Weather::kSlow ? absl::Seconds(7) : absl::ZeroDuration();
        hosts_[site]->greeting =
            weather == Weather::kSilent ? FakeMailHost::kSilence : "220 fake ESMTP";
        return hosts_[site]->Connect();
      });
    }
  }

  void SetUpHost(int site, FakeMailHost& host) {
    host.on_connection = [this](int change) {
      connections_ += change;
      most_connections_ = std::max(most_connections_, connections_);
    };
    host.on_mail = [this, site](const std::string&) -> std::string {
      const auto rates = rates_.find(site);
      if (rates != rates_.end()) rates->second.messages.Saw(clock_.Now());
      return WeatherOf(site) == Weather::kBusy ? "421 4.7.0 too busy" : "250 2.1.0 ok";
    };
    host.on_rcpt = [this, site](const std::string& path) -> std::string {
      if (path.substr(0, 4) == "gone") return "550 5.1.1 unknown";
      if (WeatherOf(site) == Weather::kGreylisting) return "450 4.2.0 greylisted";
      return "250 2.1.5 ok";
    };
    host.on_data = [this, site]() -> std::string {
      return WeatherOf(site) == Weather::kHangingUp ? "" : "354 go on";
    };
    host.on_message = [this, site](const FakeMailHost::Mail& mail) -> std::string {
      const bool forgetful = WeatherOf(site) == Weather::kForgetful;
      for (const std::string& path : mail.forward_paths) {
        ++copies_[path];
        forgotten_[path] += forgetful;
      }
      return forgetful ? "" : "250 2.0.0 taken";
    };
  }

  // Changes every three hours, differently for each site.
  Weather WeatherOf(int site) {
    const int64_t slot = absl::ToUnixSeconds(clock_.Now()) / (3 * 3600);
    DeterministicRandom random(seed_ * 1000003 + static_cast<uint64_t>(site) * 7919 +
                               static_cast<uint64_t>(slot) * 104729);
    const double draw = random.NextUnit();
    constexpr std::array<std::pair<double, Weather>, 7> kShares = {{{0.04, Weather::kRefusing},
                                                                    {0.08, Weather::kSilent},
                                                                    {0.12, Weather::kBusy},
                                                                    {0.15, Weather::kHangingUp},
                                                                    {0.17, Weather::kForgetful},
                                                                    {0.25, Weather::kGreylisting},
                                                                    {0.30, Weather::kSlow}}};
    for (const auto& [share, weather] : kShares) {
      if (draw < share) return weather;
    }
    return Weather::kFine;
  }

  void AcceptEmails() {
    for (int recipients = 0; recipients < kRecipients;) {
      storage::Email email;
      email.record.email_id = absl::StrCat("e", emails_.size());
      email.record.reverse_path = "sender@me.test";
      // Mail comes in bursts, as from a nightly run.
      email.record.accept_time =
          clock_.Now() + absl::Minutes(10 * Draw(0, static_cast<int>(kLength / absl::Minutes(10))));
      email.record.expire_time = email.record.accept_time + kLifetime;
      email.record.size_bytes = 20;
      const int count = std::min(Draw(1, kMaxRecipientsPerEmail + 1), kRecipients - recipients);
      for (int i = 0; i < count; ++i, ++recipients) {
        storage::Recipient recipient;
        // Half of the mail goes to a hundredth of the sites.
        const int site = Draw(0, 2) == 0 ? Draw(0, kSites / 100) : Draw(0, kSites);
        recipient.address =
            absl::StrCat(recipients % 50 == 0 ? "gone" : "user", recipients, "@", DomainOf(site));
        recipient.next_attempt_time = email.record.accept_time;
        email.recipients.push_back(recipient);
      }
      emails_.push_back(email.record.email_id);
      memory_->Accept(
          {std::move(email), "Subject: x\r\n\r\nx\r\n"},
          [](const absl::StatusOr<storage::Accepted>& accepted) { EXPECT_TRUE(accepted.ok()); });
    }
  }

  // Sequence numbers have no gaps, and nothing follows a final state.
  void CheckEvents() {
    absl::flat_hash_map<std::pair<std::string, int>, int> finals;
    int64_t sequence = 0;
    for (const auto& event : store_.ReadEventsNow()) {
      ASSERT_EQ(event->sequence, ++sequence);
      int& final_states = finals[{event->email_id, event->recipient_index}];
      ASSERT_EQ(final_states, 0) << "an event after the last";
      final_states += storage::IsFinal(event->recipient.state);
    }
    EXPECT_EQ(finals.size(), static_cast<size_t>(kRecipients));
  }

  const uint64_t seed_;
  FakeClock clock_;
  std::vector<std::unique_ptr<FakeMailHost>> hosts_;
  FakeLoop loop_{clock_};
  DeterministicRandom random_;
  std::unique_ptr<storage::Store> memory_ = storage::NewMemoryStore();
  SteppedStore store_{*memory_, loop_.io()};
  FakeDnsClient dns_{clock_};
  FakeConnector connector_{clock_};
  EngineOptions options_;
  std::vector<std::string> emails_;
  // Messages taken, by forward-path, and those of them that were not answered for.
  absl::flat_hash_map<std::string, int> copies_;
  absl::flat_hash_map<std::string, int> forgotten_;
  struct Rates {
    RateWitness connections{absl::Minutes(1)};
    RateWitness messages{absl::Minutes(1)};
  };
  // Of the sites that have a rule about them.
  std::map<int, Rates> rates_;
  int connections_ = 0;
  int most_connections_ = 0;
};

TEST(EngineSimulationTest, FiveDaysOfWeather) {
  SetLogLevel(LogLevel::kError);
  const uint64_t seed = Seed();
  std::cout << "SEED=" << seed << std::endl;
  Simulation simulation(seed);
  simulation.Run();
  simulation.Check();
}

}  // namespace
}  // namespace mailstrom::delivery
