#include "server/admin/admin_validator.h"

#include <string>

#include "absl/strings/str_join.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace mailstrom::server {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

template <typename Request>
Request Parse(const std::string& text) {
  Request request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  return request;
}

std::string Fields(const std::vector<message::Violation>& violations) {
  return absl::StrJoin(violations, " ", [](std::string* out, const message::Violation& violation) {
    out->append(violation.field);
  });
}

struct Case {
  std::string text;
  std::string fields;
};

TEST(AdminValidatorTest, NamesWhatIsWrongWithAnOrder) {
  const std::string long_text(1025, 'x');
  const Case suspensions[] = {
      {"scope { domain: 'example.org' }", ""},
      {"scope { domain: '*.example.org' } reason: 'why' expire_time { seconds: 1700000001 }", ""},
      {"scope { domain: 'bücher.example' }", ""},
      {"scope { site: 'mx.test,mx2.test default port 25 opportunistic' }", ""},
      {"scope { tenant: 'default' }", ""},
      {"scope { tag { name: 'run' value: '' } }", ""},
      {"", "scope"},
      {"scope { domain: '' }", "scope.domain"},
      {"scope { domain: 'a b' }", "scope.domain"},
      {"scope { domain: '*' }", "scope.domain"},
      {"scope { site: '' }", "scope.site"},
      {"scope { tenant: '' }", "scope.tenant"},
      {"scope { tag { value: '7' } }", "scope.tag"},
      {"scope { site: 'x' } author: '" + long_text + "' reason: '" + long_text + "'",
       "author reason"},
      {"scope { site: 'x' } expire_time { seconds: 1700000000 }", "expire_time"},
  };
  for (const Case& test : suspensions) {
    EXPECT_EQ(Fields(Validate(Parse<admin::v1::SuspendDeliveryRequest>(test.text), kNow)),
              test.fields)
        << test.text;
  }
  const Case reroutes[] = {
      {"scope { domain: 'example.org' } host: 'mx.test' port: 2525", ""},
      {"scope { domain: 'example.org' } host: '2001:db8::1'", ""},
      {"scope { domain: 'example.org' }", "host"},
      {"scope { domain: 'example.org' } host: 'a b'", "host"},
      {"scope { domain: 'example.org' } host: 'a,b'", "host"},
      {"scope { domain: 'example.org' } host: 'a' port: 65536", "port"},
      {"host: 'a' port: -1", "scope port"},
  };
  for (const Case& test : reroutes) {
    EXPECT_EQ(Fields(Validate(Parse<admin::v1::RerouteDeliveryRequest>(test.text), kNow)),
              test.fields)
        << test.text;
  }
}

TEST(AdminValidatorTest, AChangeWantsACondition) {
  const Case filters[] = {
      {"", "filter"},
      {"domain: 'example.org'", ""},
      {"held: false", ""},
      {"tags { key: 'run' value: '7' }", ""},
      {"tags { key: '' value: '7' }", "filter.tags"},
      {"domain: 'a b'", "filter.domain"},
      {"email_id: '" + std::string(65, 'x') + "'", "filter.email_id"},
  };
  for (const Case& test : filters) {
    EXPECT_EQ(Fields(ValidateChange(Parse<admin::v1::QueueFilter>(test.text))), test.fields)
        << test.text;
  }
  EXPECT_EQ(Fields(Validate(admin::v1::ListQueueRequest())), "") << "a list does not";
  EXPECT_EQ(Fields(Validate(Parse<admin::v1::ListQueueRequest>("page_size: 1001"))), "page_size");
  EXPECT_EQ(Fields(Validate(Parse<admin::v1::SummarizeQueueRequest>("max_sites: 1001"))),
            "max_sites");
  EXPECT_EQ(Fields(Validate(admin::v1::ExplainRecipientsRequest())), "email_id");
}

}  // namespace
}  // namespace mailstrom::server
