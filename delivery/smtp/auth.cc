#include "delivery/smtp/auth.h"

#include <cstdint>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "openssl/digest.h"
#include "openssl/hmac.h"

namespace mailstrom::delivery::smtp {
namespace {

absl::Status OutOfTurn() { return absl::InvalidArgumentError("a challenge too many"); }

// RFC 4616.
class Plain final : public AuthMechanism {
 public:
  explicit Plain(const Credentials& credentials)
      : response_(absl::StrCat(kNul, credentials.username, kNul, credentials.password)) {}

  absl::string_view name() const override { return "PLAIN"; }
  std::optional<std::string> InitialResponse() const override { return response_; }
  absl::StatusOr<std::string> Respond(absl::string_view challenge) override { return OutOfTurn(); }

 private:
  static constexpr absl::string_view kNul = absl::string_view("\0", 1);
  const std::string response_;
};

// Never standardised: two challenges, for name and password, whatever they say.
class Login final : public AuthMechanism {
 public:
  explicit Login(const Credentials& credentials)
      : responses_{credentials.username, credentials.password} {}

  absl::string_view name() const override { return "LOGIN"; }
  std::optional<std::string> InitialResponse() const override { return std::nullopt; }
  absl::StatusOr<std::string> Respond(absl::string_view challenge) override {
    if (next_ == responses_.size()) return OutOfTurn();
    return responses_[next_++];
  }

 private:
  const std::vector<std::string> responses_;
  size_t next_ = 0;
};

// RFC 2195.
class CramMd5 final : public AuthMechanism {
 public:
  explicit CramMd5(const Credentials& credentials)
      : username_(credentials.username), password_(credentials.password) {}

  absl::string_view name() const override { return "CRAM-MD5"; }
  std::optional<std::string> InitialResponse() const override { return std::nullopt; }
  absl::StatusOr<std::string> Respond(absl::string_view challenge) override {
    if (std::exchange(done_, true)) return OutOfTurn();
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (HMAC(EVP_md5(), password_.data(), password_.size(),
             reinterpret_cast<const uint8_t*>(challenge.data()), challenge.size(), digest,
             &size) == nullptr) {
      return absl::InternalError("HMAC-MD5 failed");
    }
    const absl::string_view bytes(reinterpret_cast<const char*>(digest), size);
    return absl::StrCat(username_, " ", absl::BytesToHexString(bytes));
  }

 private:
  const std::string username_;
  const std::string password_;
  bool done_ = false;
};

class Xoauth2 final : public AuthMechanism {
 public:
  explicit Xoauth2(const Credentials& credentials)
      : response_(absl::StrCat("user=", credentials.username, "\1auth=Bearer ",
                               credentials.access_token, "\1\1")) {}

  absl::string_view name() const override { return "XOAUTH2"; }
  std::optional<std::string> InitialResponse() const override { return response_; }
  absl::StatusOr<std::string> Respond(absl::string_view challenge) override {
    // The challenge is an error in JSON; the refusal itself follows on an empty response.
    if (std::exchange(refused_, true)) return OutOfTurn();
    return std::string();
  }

 private:
  const std::string response_;
  bool refused_ = false;
};

}  // namespace

std::unique_ptr<AuthMechanism> ChooseMechanism(const Credentials& credentials,
                                               const std::vector<std::string>& offered,
                                               bool encrypted) {
  const auto offers = [&](const char* name) { return absl::c_linear_search(offered, name); };
  if (!credentials.access_token.empty()) {
    return offers("XOAUTH2") ? std::make_unique<Xoauth2>(credentials) : nullptr;
  }
  if (!encrypted && offers("CRAM-MD5")) return std::make_unique<CramMd5>(credentials);
  if (offers("PLAIN")) return std::make_unique<Plain>(credentials);
  if (offers("LOGIN")) return std::make_unique<Login>(credentials);
  if (offers("CRAM-MD5")) return std::make_unique<CramMd5>(credentials);
  return nullptr;
}

}  // namespace mailstrom::delivery::smtp
