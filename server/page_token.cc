#include "server/page_token.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/request_digest.h"

namespace mailstrom::server {
namespace {

constexpr char kVersion = '1';
constexpr size_t kDigestBytes = 16;
constexpr size_t kMaxTokenBytes = 512;

std::string ConditionsDigest(v1::ListEmailsRequest request) {
  request.clear_page_size();
  request.clear_page_token();
  return RequestDigest(request).substr(0, kDigestBytes);
}

}  // namespace

std::string FormatPageToken(const v1::ListEmailsRequest& request, const std::string& place) {
  return absl::WebSafeBase64Escape(
      absl::StrCat(absl::string_view(&kVersion, 1), ConditionsDigest(request), place));
}

absl::StatusOr<std::string> ParsePageToken(const v1::ListEmailsRequest& request) {
  const std::string& token = request.page_token();
  if (token.empty()) return std::string();
  std::string plain;
  if (token.size() > kMaxTokenBytes || !absl::WebSafeBase64Unescape(token, &plain) ||
      plain.size() <= 1 + kDigestBytes || plain.front() != kVersion) {
    return absl::InvalidArgumentError("is no token of an earlier page");
  }
  if (plain.substr(1, kDigestBytes) != ConditionsDigest(request)) {
    return absl::InvalidArgumentError(
        "belongs to another list: all fields but page_size must be as for the first page");
  }
  return plain.substr(1 + kDigestBytes);
}

}  // namespace mailstrom::server
