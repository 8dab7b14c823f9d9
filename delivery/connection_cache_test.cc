#include "delivery/connection_cache.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "delivery/fake_mail_host.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_stream.h"

namespace mailstrom::delivery {
namespace {

class ConnectionCacheTest : public testing::Test {
 protected:
  Connection MakeConnection(const std::string& address, const std::string& site_key = "site") {
    Connection connection;
    connection.session = std::make_unique<smtp::Session>(
        clock_, std::make_unique<MemoryStream>(clock_, host_.Connect()), smtp::SessionOptions());
    connection.peer_key = address;
    connection.site_key = site_key;
    return connection;
  }

  FakeClock clock_;
  FakeMailHost host_{clock_};
  int closed_ = 0;
  ConnectionCache cache_{clock_, absl::Seconds(5), 3,
                         [this](std::unique_ptr<smtp::Session>, const std::string&) { ++closed_; }};
};

TEST_F(ConnectionCacheTest, GivesBackWhatLeadsToTheSamePlace) {
  Connection connection = MakeConnection("192.0.2.1");
  const smtp::Session* session = connection.session.get();
  connection.emails = 7;
  cache_.Put(std::move(connection));
  EXPECT_EQ(cache_.Take("192.0.2.2"), std::nullopt);
  const std::optional<Connection> taken = cache_.Take("192.0.2.1");
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->session.get(), session);
  EXPECT_EQ(taken->emails, 7);
  EXPECT_EQ(cache_.Take("192.0.2.1"), std::nullopt);
  EXPECT_EQ(clock_.alarm_count(), 0u);
}

TEST_F(ConnectionCacheTest, PrefersTheFreshest) {
  cache_.Put(MakeConnection("192.0.2.1"));
  Connection fresh = MakeConnection("192.0.2.1");
  const smtp::Session* session = fresh.session.get();
  cache_.Put(std::move(fresh));
  EXPECT_EQ(cache_.Take("192.0.2.1")->session.get(), session);
}

TEST_F(ConnectionCacheTest, ClosesIdleConnections) {
  cache_.Put(MakeConnection("192.0.2.1"));
  clock_.Advance(absl::Seconds(3));
  cache_.Put(MakeConnection("192.0.2.2"));
  clock_.Advance(absl::Seconds(2));
  EXPECT_EQ(closed_, 1);
  EXPECT_EQ(cache_.Take("192.0.2.1"), std::nullopt);
  clock_.Advance(absl::Seconds(3));
  EXPECT_EQ(closed_, 2);
  EXPECT_EQ(cache_.size(), 0u);
}

TEST_F(ConnectionCacheTest, OldestMakesRoom) {
  for (int i = 1; i <= 4; ++i) cache_.Put(MakeConnection(absl::StrCat("192.0.2.", i)));
  EXPECT_EQ(cache_.size(), 3u);
  EXPECT_EQ(closed_, 1);
  EXPECT_EQ(cache_.Take("192.0.2.1"), std::nullopt);
}

TEST_F(ConnectionCacheTest, TrimsOneSite) {
  cache_.Put(MakeConnection("192.0.2.1", "a"));
  cache_.Put(MakeConnection("192.0.2.2", "a"));
  cache_.Put(MakeConnection("192.0.2.3", "b"));
  EXPECT_EQ(cache_.count("a"), 2);
  cache_.Trim("a", 1);
  EXPECT_EQ(cache_.count("a"), 1);
  EXPECT_EQ(cache_.count("b"), 1);
  EXPECT_TRUE(cache_.Take("192.0.2.2").has_value());
  cache_.Trim("b", -1);
  EXPECT_EQ(cache_.size(), 0u);
}

TEST_F(ConnectionCacheTest, KeepsNothingOnceClosed) {
  cache_.Put(MakeConnection("192.0.2.1"));
  cache_.Close();
  cache_.Put(MakeConnection("192.0.2.1"));
  EXPECT_EQ(closed_, 2);
  EXPECT_EQ(cache_.size(), 0u);
  EXPECT_EQ(clock_.alarm_count(), 0u);
}

TEST_F(ConnectionCacheTest, DropSaysNoGoodbye) {
  cache_.Put(MakeConnection("192.0.2.1"));
  cache_.Drop();
  EXPECT_EQ(closed_, 0);
  EXPECT_EQ(host_.open_connections, 0);
  EXPECT_EQ(clock_.alarm_count(), 0u);
}

}  // namespace
}  // namespace mailstrom::delivery
