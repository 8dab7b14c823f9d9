#ifndef MAILSTROM_BENCH_LOAD_LOAD_EMAIL_H_
#define MAILSTROM_BENCH_LOAD_LOAD_EMAIL_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "mailstrom/v1/mailstrom_service.pb.h"

namespace mailstrom::bench {

// The tag that tells an email's group.
inline constexpr char kGroupTag[] = "group";

// What the emails of a run look like.
struct LoadShape {
  // Bytes of the text of each email.
  int body_bytes = 4096;
  // Recipients of each email. More than one are spread over `domains_per_email` domains.
  int recipients = 1;
  int domains_per_email = 5;
  // Recipients' domains are d000.test, d001.test … in turn.
  int domains = 100;
  // Not to be delivered before this; the infinite past: at once.
  absl::Time send_time = absl::InfinitePast();
  // Email n carries the tag kGroupTag with n % `groups`; 0: none carries tags.
  int groups = 0;
  // Makes the addresses of a run different from those of another.
  std::string run = "m";
};

// The text of all emails: `bytes` in lines of 78 characters.
std::string LoadBody(int bytes);

// Email number `n` of a run, with `body` as its text. No two recipients of a run are the same.
v1::SendEmailRequest LoadEmail(const LoadShape& shape, absl::string_view body, int64_t n);

// The same email for one given recipient.
v1::SendEmailRequest EmailTo(absl::string_view recipient, absl::string_view body);

}  // namespace mailstrom::bench

#endif  // MAILSTROM_BENCH_LOAD_LOAD_EMAIL_H_
