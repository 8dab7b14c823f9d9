#include "server/event_filter.h"

#include <string>

#include "gtest/gtest.h"
#include "storage/test_emails.h"

namespace mailstrom::server {
namespace {

TEST(MemoryBytesTest, EveryTextCounts) {
  storage::Event event;
  event.recipient.last_attempt = storage::FullTestAttempt();
  event.tags["k"] = "v";
  const size_t before = MemoryBytes(event);
  EXPECT_GE(before, sizeof(event));
  const std::string text(1000, 'x');
  event.email_id += text;
  event.tags["k"] += text;
  event.recipient.address += text;
  storage::Attempt& attempt = *event.recipient.last_attempt;
  for (std::string* field :
       {&attempt.mx_host, &attempt.mx_address, &attempt.tls, &attempt.description,
        &attempt.reply->enhanced_code, &attempt.reply->text}) {
    *field += text;
  }
  EXPECT_EQ(MemoryBytes(event), before + 9 * text.size());
}

}  // namespace
}  // namespace mailstrom::server
