#include "delivery/sts/sts_policy.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "delivery/dns/host_name.h"

namespace mailstrom::delivery {
namespace {

constexpr int64_t kMaxAgeSeconds = 31557600;
constexpr size_t kMaxPatterns = 256;
// RFC 8461 §3.1.
constexpr size_t kMaxIdBytes = 32;

// `key: value` or `key=value` without the white space around both.
std::pair<std::string, std::string> SplitField(absl::string_view field, char separator) {
  const size_t at = field.find(separator);
  if (at == absl::string_view::npos) return {};
  return {std::string(absl::StripAsciiWhitespace(field.substr(0, at))),
          std::string(absl::StripAsciiWhitespace(field.substr(at + 1)))};
}

bool ReadMode(absl::string_view value, StsPolicy::Mode& mode) {
  if (value == "enforce") {
    mode = StsPolicy::Mode::kEnforce;
  } else if (value == "testing") {
    mode = StsPolicy::Mode::kTesting;
  } else if (value == "none") {
    mode = StsPolicy::Mode::kNone;
  } else {
    return false;
  }
  return true;
}

// The strings of a TXT record in one (RFC 7208 §3.3 does the same).
std::string TxtText(absl::string_view rdata) {
  std::string text;
  while (!rdata.empty()) {
    const auto size = static_cast<unsigned char>(rdata[0]);
    absl::StrAppend(&text, rdata.substr(1, size));
    rdata.remove_prefix(std::min<size_t>(rdata.size(), size_t{1} + size));
  }
  return text;
}

}  // namespace

absl::StatusOr<StsPolicy> ParseStsPolicy(absl::string_view text) {
  if (text.size() > kMaxStsPolicyBytes) return absl::InvalidArgumentError("the policy is too long");
  StsPolicy policy;
  bool has_version = false;
  bool has_mode = false;
  bool has_max_age = false;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    const auto [key, value] = SplitField(line, ':');
    // Of a field that comes twice, the first counts.
    if (key == "version" && !has_version) {
      if (value != "STSv1") return absl::InvalidArgumentError("the version is not STSv1");
      has_version = true;
    } else if (key == "mode" && !has_mode) {
      if (!ReadMode(value, policy.mode)) return absl::InvalidArgumentError("the mode is unknown");
      has_mode = true;
    } else if (key == "max_age" && !has_max_age) {
      int64_t seconds = 0;
      if (!absl::SimpleAtoi(value, &seconds) || seconds < 0) {
        return absl::InvalidArgumentError("max_age is no number of seconds");
      }
      policy.max_age = absl::Seconds(std::min(seconds, kMaxAgeSeconds));
      has_max_age = true;
    } else if (key == "mx" && policy.mx_patterns.size() < kMaxPatterns) {
      const std::string pattern =
          absl::AsciiStrToLower(absl::StripSuffix(absl::string_view(value), "."));
      if (!IsHostName(absl::StripPrefix(pattern, "*."))) {
        return absl::InvalidArgumentError("an mx is no host name");
      }
      policy.mx_patterns.push_back(pattern);
    }
  }
  if (!has_version || !has_mode || !has_max_age) {
    return absl::InvalidArgumentError("version, mode or max_age is missing");
  }
  if (policy.mode != StsPolicy::Mode::kNone && policy.mx_patterns.empty()) {
    return absl::InvalidArgumentError("no mx is given");
  }
  return policy;
}

std::optional<std::string> StsIdIn(const std::vector<std::string>& txt_rdata) {
  std::optional<std::string> id;
  for (const std::string& rdata : txt_rdata) {
    const std::string text = TxtText(rdata);
    const std::vector<absl::string_view> fields = absl::StrSplit(text, ';');
    const auto version = SplitField(fields[0], '=');
    if (version.first != "v" || version.second != "STSv1") continue;
    if (id.has_value()) return std::nullopt;
    for (const absl::string_view field : fields) {
      const auto [key, value] = SplitField(field, '=');
      if (key == "id" && !id) id = value;
    }
    if (!id || id->empty() || id->size() > kMaxIdBytes ||
        !absl::c_all_of(*id, [](unsigned char c) { return absl::ascii_isalnum(c); })) {
      return std::nullopt;
    }
  }
  return id;
}

bool StsAllows(const StsPolicy& policy, absl::string_view host) {
  for (const std::string& pattern : policy.mx_patterns) {
    if (pattern == host) return true;
    if (!absl::StartsWith(pattern, "*.")) continue;
    const size_t dot = host.find('.');
    if (dot != absl::string_view::npos && dot > 0 && host.substr(dot) == pattern.substr(1)) {
      return true;
    }
  }
  return false;
}

MxRoute UnderStsPolicy(MxRoute route, const StsPolicy& policy, absl::string_view domain) {
  if (policy.mode != StsPolicy::Mode::kEnforce || route.kind != MxRoute::Kind::kHosts) return route;
  route.hosts.erase(
      std::remove_if(route.hosts.begin(), route.hosts.end(),
                     [&](const MxHost& host) { return !StsAllows(policy, host.name); }),
      route.hosts.end());
  route.must_verify = true;
  if (route.hosts.empty()) {
    route.kind = MxRoute::Kind::kUntrusted;
    route.description =
        absl::StrCat("the MTA-STS policy of ", domain, " allows none of its MX hosts");
  }
  return route;
}

}  // namespace mailstrom::delivery
