#ifndef MAILSTROM_DELIVERY_SMTP_AUTH_H_
#define MAILSTROM_DELIVERY_SMTP_AUTH_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mailstrom::delivery::smtp {

// With which this host shows to a relay who it is (RFC 4954).
struct Credentials {
  std::string username;
  // For PLAIN, LOGIN and CRAM-MD5.
  std::string password;
  // An OAuth 2.0 access token for XOAUTH2; when set, the password is not used.
  std::string access_token;
  // Send them over unverified TLS too, or in clear where the session does without TLS.
  bool allow_unverified = false;
};

// The client's side of one SASL exchange. Used once.
class AuthMechanism {
 public:
  virtual ~AuthMechanism() = default;

  virtual absl::string_view name() const = 0;
  // What goes along with the AUTH command; nothing: the server speaks first. Not yet in Base64.
  virtual std::optional<std::string> InitialResponse() const = 0;
  // The response to the server's next challenge, neither in Base64. InvalidArgument: the challenge
  // has no place in this mechanism.
  virtual absl::StatusOr<std::string> Respond(absl::string_view challenge) = 0;
};

// The best mechanism of those offered (upper case) for these credentials; null when there is none.
// `encrypted`: the connection has TLS. Without it one that does not show the password goes first.
std::unique_ptr<AuthMechanism> ChooseMechanism(const Credentials& credentials,
                                               const std::vector<std::string>& offered,
                                               bool encrypted);

}  // namespace mailstrom::delivery::smtp

#endif  // MAILSTROM_DELIVERY_SMTP_AUTH_H_
