// What operators order, and what they are told.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "delivery/control.h"
#include "delivery/engine_test_bench.h"
#include "delivery/orders.h"
#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

using storage::OrderScope;
using storage::StandingOrder;

class EngineOperatorTest : public EngineTest {
 protected:
  void SetOrders(std::vector<StandingOrder> orders) {
    bool done = false;
    engine_->SetOrders(std::make_shared<const Orders>(std::move(orders)), [&] { done = true; });
    loop_.Settle();
    EXPECT_TRUE(done);
  }

  static StandingOrder Suspend(OrderScope::Kind kind, const std::string& value,
                               const std::string& name = "") {
    StandingOrder order;
    order.scope = {kind, name, value};
    order.author = "anna";
    order.reason = "moves house";
    return order;
  }

  static StandingOrder Reroute(OrderScope::Kind kind, const std::string& value,
                               const std::string& host) {
    StandingOrder order = Suspend(kind, value);
    order.kind = StandingOrder::Kind::kReroute;
    order.host = host;
    return order;
  }

  // As resuming does: what was held is due at once.
  void LetGo(const std::vector<std::string>& email_ids) {
    std::vector<storage::RecipientId> ids;
    for (const std::string& id : email_ids) ids.push_back({id, 0});
    store_.ChangeQueued(std::move(ids), storage::QueueChange::kMakeDue, clock_.Now(),
                        [](const absl::StatusOr<storage::ChangedCounts>&) {});
    loop_.Settle();
  }

  Outlook Explain(const std::string& email_id, int index = 0) {
    const storage::Email email = *store_.ReadEmailNow(email_id);
    std::optional<Outlook> outlook;
    engine_->Explain({std::make_shared<const storage::EmailRecord>(email.record), index,
                      email.recipients[index]},
                     [&](Outlook answer) { outlook = std::move(answer); });
    loop_.Settle();
    EXPECT_TRUE(outlook.has_value());
    return outlook.value_or(Outlook());
  }

  static std::vector<Obstacle::Kind> KindsOf(const Outlook& outlook) {
    std::vector<Obstacle::Kind> kinds;
    for (const Obstacle& obstacle : outlook.obstacles) kinds.push_back(obstacle.kind);
    return kinds;
  }

  using Kinds = std::vector<Obstacle::Kind>;
};

TEST_F(EngineOperatorTest, WhatIsSuspendedIsHeldWithoutAnAttempt) {
  FakeMailHost& a = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  FakeMailHost& b = AddHost("b.test", "mx.b.test", 10, "192.0.2.2");
  StartEngine();
  SetOrders({Suspend(OrderScope::Kind::kDomain, "a.test")});
  const std::string id = Send({"ann@a.test", "bob@b.test"});
  loop_.Settle();
  EXPECT_EQ(a.connections, 0);
  EXPECT_EQ(b.mails.size(), 1u);
  EXPECT_EQ(StateOf(id, 1), RecipientState::kDelivered);
  const Recipient held = Read(id);
  EXPECT_EQ(held.state, RecipientState::kQueued);
  EXPECT_EQ(held.attempt_count, 0);
  EXPECT_TRUE(held.held);

  // No hot loop: in all that time nobody asks the store for it.
  const int claims = store_.claims;
  loop_.Advance(absl::Hours(24));
  EXPECT_EQ(a.connections, 0);
  EXPECT_LE(store_.claims, claims + 1);

  const Outlook outlook = Explain(id);
  EXPECT_EQ(outlook.stage, Outlook::Stage::kInStore);
  ASSERT_TRUE(outlook.suspension.has_value());
  EXPECT_EQ(outlook.suspension->author, "anna");
  EXPECT_EQ(KindsOf(outlook), (Kinds{Obstacle::Kind::kOrder, Obstacle::Kind::kNotDue}));

  SetOrders({});
  LetGo({id});
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
  EXPECT_EQ(Read(id).attempt_count, 1);
}

TEST_F(EngineOperatorTest, ASuspensionEndsByItself) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  StartEngine();
  StandingOrder order = Suspend(OrderScope::Kind::kTag, "7", "run");
  order.expire_time = clock_.Now() + absl::Hours(2);
  SetOrders({order});
  storage::Email email = MakeEmail({"ann@a.test"});
  email.record.tags = {{"run", "7"}};
  const std::string id = Accept(std::move(email));
  loop_.Advance(absl::Minutes(119));
  EXPECT_EQ(host.connections, 0);
  loop_.Advance(absl::Minutes(2));
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
}

TEST_F(EngineOperatorTest, WhatIsHeldExpiresInTime) {
  AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  StartEngine();
  SetOrders({Suspend(OrderScope::Kind::kTenant, "")});
  const std::string id = Send({"ann@a.test"});
  loop_.Advance(absl::Hours(120) + absl::Minutes(1));
  EXPECT_EQ(StateOf(id), RecipientState::kFailed);
  EXPECT_EQ(Read(id).failure_cause, FailureCause::kExpired);
}

TEST_F(EngineOperatorTest, ASiteIsSuspendedByTheNameOfAHost) {
  FakeMailHost& a = AddHost("a.test", "mx.shared.test", 10, "192.0.2.1");
  dns_.AddMx("b.test", 10, "mx.shared.test");
  FakeMailHost& c = AddHost("c.test", "mx.c.test", 10, "192.0.2.3");
  StartEngine();
  SetOrders({Suspend(OrderScope::Kind::kSite, "mx.shared.test")});
  const std::string id = Send({"ann@a.test", "bob@b.test", "cid@c.test"});
  loop_.Settle();
  EXPECT_EQ(a.connections, 0);
  EXPECT_EQ(c.mails.size(), 1u);
  EXPECT_TRUE(Read(id, 0).held);
  EXPECT_TRUE(Read(id, 1).held);
  EXPECT_TRUE(Explain(id, 1).suspension.has_value());
}

TEST_F(EngineOperatorTest, WhatWaitsForItsSiteIsHeldToo) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  EngineOptions options = Options();
  options.limits.connections_per_second_per_site = 0.001;
  options.limits.messages_per_second_per_site = 0.001;
  StartEngine(options);
  std::vector<std::string> ids;
  for (int i = 0; i < 300; ++i) ids.push_back(Send({absl::StrCat("u", i, "@a.test")}));
  loop_.Settle();
  const size_t before = host.mails.size();
  SetOrders({Suspend(OrderScope::Kind::kDomain, "a.test")});
  loop_.Advance(absl::Hours(1));
  EXPECT_EQ(host.mails.size(), before);
  int held = 0;
  for (const std::string& id : ids) held += Read(id).held ? 1 : 0;
  EXPECT_EQ(held, static_cast<int>(ids.size() - before));
}

TEST_F(EngineOperatorTest, MailIsSentElsewhereUntilTheOrderIsTakenBack) {
  FakeMailHost& usual = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  // Private, which an operator may name.
  dns_.AddAddress("spare.test", "10.0.0.1");
  FakeMailHost spare(clock_);
  connector_.Serve("10.0.0.1", [&](const Endpoint&) { return spare.Connect(); });
  StartEngine();
  SetOrders({Reroute(OrderScope::Kind::kDomain, "a.test", "spare.test")});
  const std::string first = Send({"ann@a.test"});
  loop_.Settle();
  EXPECT_EQ(StateOf(first), RecipientState::kDelivered);
  EXPECT_EQ(spare.mails.size(), 1u);
  EXPECT_EQ(usual.connections, 0);
  SetOrders({});
  Send({"bob@a.test"});
  loop_.Settle();
  EXPECT_EQ(spare.mails.size(), 1u);
  EXPECT_EQ(usual.mails.size(), 1u);
}

TEST_F(EngineOperatorTest, ASiteIsReroutedToARelayOfTheConfiguration) {
  FakeMailHost& usual = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  FakeMailHost& relay = AddHost("relay.test", "relay.test", 10, "192.0.2.2");
  EngineOptions options = Options();
  RelayRule rule;
  rule.name = "backup";
  rule.recipient_domains = {"nobody.test"};
  rule.hosts = {"relay.test"};
  options.relay_rules = {rule};
  StartEngine(options);
  SetOrders({Reroute(OrderScope::Kind::kSite, "mx.a.test", "backup")});
  const std::string id = Send({"ann@a.test"});
  loop_.Settle();
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
  EXPECT_EQ(relay.mails.size(), 1u);
  EXPECT_EQ(usual.connections, 0);
}

TEST_F(EngineOperatorTest, WhatWaitsIsRoutedAnew) {
  FakeMailHost& usual = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  FakeMailHost& spare = AddHost("spare.test", "spare.test", 10, "192.0.2.2");
  EngineOptions options = Options();
  options.limits.messages_per_second_per_site = 0.001;
  StartEngine(options);
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(Send({absl::StrCat("u", i, "@a.test")}));
  loop_.Settle();
  EXPECT_EQ(usual.mails.size(), 1u);
  SetOrders({Reroute(OrderScope::Kind::kDomain, "a.test", "spare.test")});
  loop_.Advance(absl::Seconds(10));
  EXPECT_EQ(usual.mails.size(), 1u);
  EXPECT_EQ(spare.mails.size(), 1u) << "at the rate of a site of its own";
}

TEST_F(EngineOperatorTest, DrainedDeliveryBeginsNothingUntilItGoesOn) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  StartEngine();
  engine_->SetPaused(true);
  const std::string id = Send({"ann@a.test"});
  loop_.Advance(absl::Hours(1));
  EXPECT_EQ(host.connections, 0);
  EXPECT_EQ(Read(id).attempt_count, 0);
  const Outlook outlook = Explain(id);
  ASSERT_FALSE(outlook.obstacles.empty());
  EXPECT_EQ(outlook.obstacles[0].kind, Obstacle::Kind::kDrained);
  std::optional<DeliveryState> state;
  engine_->ReadState([&](DeliveryState answer) { state = answer; });
  loop_.Settle();
  EXPECT_TRUE(state->paused);
  EXPECT_EQ(state->running, 0);
  engine_->SetPaused(false);
  loop_.Settle();
  EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
}

TEST_F(EngineOperatorTest, AnAttemptUnderWayIsExplainedByItsPhase) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  host.keywords = {};
  host.on_rcpt = [](const std::string&) { return FakeMailHost::kSilence; };
  StartEngine();
  const std::string id = Send({"ann@a.test"});
  loop_.Settle();
  const Outlook outlook = Explain(id);
  EXPECT_EQ(outlook.stage, Outlook::Stage::kAttempt);
  EXPECT_EQ(outlook.mx_host, "mx.a.test");
  EXPECT_EQ(outlook.mx_address, "192.0.2.1");
  EXPECT_EQ(outlook.phase, storage::Phase::kRcpt);
  EXPECT_EQ(outlook.site.running, 1);
  EXPECT_TRUE(outlook.obstacles.empty());
}

TEST_F(EngineOperatorTest, LimitsAreNamed) {
  AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  EngineOptions options = Options();
  options.limits.messages_per_second_per_site = 0.001;
  StartEngine(options);
  Send({"ann@a.test"});
  const std::string second = Send({"bob@a.test"});
  const std::string third = Send({"cid@a.test"});
  loop_.Settle();
  const Outlook outlook = Explain(second);
  EXPECT_EQ(outlook.stage, Outlook::Stage::kWaiting);
  EXPECT_EQ(KindsOf(outlook), Kinds{Obstacle::Kind::kSiteRate});
  EXPECT_GT(outlook.obstacles[0].until, clock_.Now());
  EXPECT_EQ(outlook.site.waiting, 2);
  EXPECT_EQ(KindsOf(Explain(third)), (Kinds{Obstacle::Kind::kSiteRate, Obstacle::Kind::kTurn}));
}

TEST_F(EngineOperatorTest, ConcurrencyOfASiteIsNamed) {
  FakeMailHost& host = AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  host.on_rcpt = [](const std::string&) { return FakeMailHost::kSilence; };
  EngineOptions options = Options();
  options.limits.connections_per_site = 1;
  StartEngine(options);
  Send({"ann@a.test"});
  const std::string second = Send({"bob@a.test"});
  loop_.Settle();
  EXPECT_EQ(KindsOf(Explain(second)), Kinds{Obstacle::Kind::kSiteConcurrency});
}

TEST_F(EngineOperatorTest, AConnectionThatIsBeingClosedIsNamed) {
  dns_.AddMx("a.test", 10, "mx.a.test");
  dns_.AddAddress("mx.a.test", "192.0.2.1");
  FakeMailHost host(clock_, &clock_);
  connector_.Serve("192.0.2.1", [&host](const Endpoint&) { return host.Connect(); });
  EngineOptions options = Options();
  options.limits.connections_per_site = 1;
  options.limits.connection_idle = absl::Seconds(5);
  StartEngine(options);
  Send({"ann@a.test"});
  loop_.Settle();
  host.reply_delay = absl::Seconds(3);
  loop_.Advance(absl::Seconds(6));
  const std::string second = Send({"bob@a.test"});
  loop_.Settle();
  const Outlook outlook = Explain(second);
  ASSERT_EQ(KindsOf(outlook), Kinds{Obstacle::Kind::kSiteConcurrency});
  EXPECT_EQ(outlook.obstacles[0].text,
            "its site has 0 attempts under way (connections still closing: 1) and bears 1");
}

TEST_F(EngineOperatorTest, ADeadSiteIsNamedAndCanBeOpenedAgain) {
  dns_.AddMx("a.test", 10, "mx.a.test");
  dns_.AddAddress("mx.a.test", "192.0.2.1");
  EngineOptions options = Options();
  options.retry.max_retries = 100;
  StartEngine(options);
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(Send({absl::StrCat("u", i, "@a.test")}));
  loop_.Settle();
  const Outlook outlook = Explain(ids[0]);
  EXPECT_GT(outlook.site.suspended_until, clock_.Now());
  EXPECT_NE(outlook.site.last_failure, "");
  ASSERT_FALSE(outlook.obstacles.empty());
  EXPECT_EQ(outlook.obstacles.back().kind, Obstacle::Kind::kSiteSuspended);

  FakeMailHost host(clock_);
  connector_.Serve("192.0.2.1", [&](const Endpoint&) { return host.Connect(); });
  engine_->ReopenSites({"a.test"});
  loop_.Settle();
  LetGo(ids);
  loop_.Advance(absl::Seconds(5));
  for (const std::string& id : ids) EXPECT_EQ(StateOf(id), RecipientState::kDelivered);
}

TEST_F(EngineOperatorTest, SitesAreFoundByDomain) {
  AddHost("a.test", "mx.a.test", 10, "192.0.2.1");
  StartEngine();
  Send({"ann@a.test"});
  loop_.Settle();
  std::vector<SiteReport> sites;
  engine_->FindSites({"a.test", "b.test"}, [&](auto answer) { sites = std::move(answer); });
  std::vector<std::string> domains;
  engine_->FindDomains("mx.a.test", [&](auto answer) { domains = std::move(answer); });
  loop_.Settle();
  ASSERT_EQ(sites.size(), 2u);
  EXPECT_EQ(sites[0].site_key, "mx.a.test default port 25 opportunistic");
  EXPECT_EQ(sites[0].idle_connections, 1);
  EXPECT_EQ(sites[0].max_connections, 20);
  EXPECT_EQ(sites[1].site_key, "");
  EXPECT_EQ(domains, std::vector<std::string>{"a.test"});
}

}  // namespace
}  // namespace mailstrom::delivery
