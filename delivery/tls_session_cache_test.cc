#include "delivery/tls_session_cache.h"

#include "gtest/gtest.h"

namespace mailstrom::delivery {
namespace {

class TlsSessionCacheTest : public testing::Test {
 protected:
  bssl::UniquePtr<SSL_SESSION> NewSession() {
    return bssl::UniquePtr<SSL_SESSION>(SSL_SESSION_new(context_.get()));
  }

  const bssl::UniquePtr<SSL_CTX> context_{SSL_CTX_new(TLS_method())};
};

TEST_F(TlsSessionCacheTest, GivesEachSessionOnce) {
  TlsSessionCache cache(2);
  bssl::UniquePtr<SSL_SESSION> session = NewSession();
  const SSL_SESSION* const pointer = session.get();
  cache.Put("a", std::move(session));
  EXPECT_EQ(cache.Take("b"), nullptr);
  EXPECT_EQ(cache.Take("a").get(), pointer);
  EXPECT_EQ(cache.Take("a"), nullptr);
}

TEST_F(TlsSessionCacheTest, KeepsTheNewestOfAKey) {
  TlsSessionCache cache(2);
  cache.Put("a", NewSession());
  bssl::UniquePtr<SSL_SESSION> session = NewSession();
  const SSL_SESSION* const pointer = session.get();
  cache.Put("a", std::move(session));
  EXPECT_EQ(cache.size(), 1u);
  EXPECT_EQ(cache.Take("a").get(), pointer);
}

TEST_F(TlsSessionCacheTest, ForgetsTheOldestWhenFull) {
  TlsSessionCache cache(2);
  cache.Put("a", NewSession());
  cache.Put("b", NewSession());
  cache.Put("a", NewSession());
  cache.Put("c", NewSession());
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_EQ(cache.Take("b"), nullptr);
  EXPECT_NE(cache.Take("a"), nullptr);
  EXPECT_NE(cache.Take("c"), nullptr);
}

}  // namespace
}  // namespace mailstrom::delivery
