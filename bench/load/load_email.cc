#include "bench/load/load_email.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mailstrom::bench {
namespace {

constexpr absl::string_view kSender = "sender@bench.test";

v1::SendEmailRequest WithoutRecipients(absl::string_view body) {
  v1::SendEmailRequest request;
  v1::Content& content = *request.mutable_content();
  content.add_from()->mutable_mailbox()->set_address(std::string(kSender));
  content.set_subject("bench");
  content.set_text(std::string(body));
  return request;
}

}  // namespace

std::string LoadBody(int bytes) {
  constexpr size_t kLine = 80;
  const std::string line = std::string(kLine - 2, 'X') + "\r\n";
  std::string body;
  while (body.size() + kLine <= static_cast<size_t>(bytes)) body += line;
  return body;
}

v1::SendEmailRequest LoadEmail(const LoadShape& shape, absl::string_view body, int64_t n) {
  v1::SendEmailRequest request = WithoutRecipients(body);
  if (shape.send_time != absl::InfinitePast()) {
    request.mutable_send_time()->set_seconds(absl::ToUnixSeconds(shape.send_time));
  }
  if (shape.groups > 0) (*request.mutable_tags())[kGroupTag] = absl::StrCat(n % shape.groups);
  const int spread = std::min(shape.recipients, shape.domains_per_email);
  for (int i = 0; i < shape.recipients; ++i) {
    const int64_t domain = (n * spread + i % spread) % shape.domains;
    request.mutable_content()->add_to()->mutable_mailbox()->set_address(
        absl::StrFormat("r%d.%s%d@d%03d.test", i, shape.run, n, domain));
  }
  return request;
}

v1::SendEmailRequest EmailTo(absl::string_view recipient, absl::string_view body) {
  v1::SendEmailRequest request = WithoutRecipients(body);
  request.mutable_content()->add_to()->mutable_mailbox()->set_address(std::string(recipient));
  return request;
}

}  // namespace mailstrom::bench
