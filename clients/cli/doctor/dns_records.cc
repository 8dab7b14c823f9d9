#include "clients/cli/doctor/dns_records.h"

#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "asio/ip/address.hpp"
#include "delivery/dns/host_name.h"

namespace mailstrom::cli {
namespace {

using delivery::DnsAnswer;
using delivery::DnsType;

constexpr size_t kMaxStringBytes = 255;

// The strings of a TXT record (RFC 1035 §3.3.14), joined.
std::string JoinStrings(absl::string_view rdata) {
  std::string text;
  while (!rdata.empty()) {
    const size_t size = static_cast<unsigned char>(rdata.front());
    absl::StrAppend(&text, rdata.substr(1, size));
    rdata.remove_prefix(std::min(size + 1, rdata.size()));
  }
  return text;
}

// Empty when the record is malformed.
std::string AddressText(DnsType type, absl::string_view rdata) {
  if (type == DnsType::kA && rdata.size() == 4) {
    asio::ip::address_v4::bytes_type bytes;
    std::copy(rdata.begin(), rdata.end(), bytes.begin());
    return asio::ip::address_v4(bytes).to_string();
  }
  if (type == DnsType::kAaaa && rdata.size() == 16) {
    asio::ip::address_v6::bytes_type bytes;
    std::copy(rdata.begin(), rdata.end(), bytes.begin());
    return asio::ip::address_v6(bytes).to_string();
  }
  return "";
}

// Whether `text` begins with the word `version`, and no longer one.
bool HasVersion(absl::string_view text, absl::string_view version) {
  if (!absl::StartsWithIgnoreCase(text, version)) return false;
  const absl::string_view rest = text.substr(version.size());
  return rest.empty() || rest.front() == ' ' || rest.front() == ';' || rest.front() == '\t';
}

}  // namespace

asio::awaitable<absl::StatusOr<Strings>> LookUpTexts(delivery::DnsClient& dns, std::string name) {
  const absl::StatusOr<DnsAnswer> answer = co_await dns.Query(name, DnsType::kTxt);
  if (!answer.ok()) co_return answer.status();
  Strings texts;
  for (const std::string& rdata : answer->rdata) texts.push_back(JoinStrings(rdata));
  co_return texts;
}

asio::awaitable<absl::StatusOr<Strings>> LookUpTexts(delivery::DnsClient& dns, std::string name,
                                                     std::string version) {
  absl::StatusOr<Strings> texts = co_await LookUpTexts(dns, name);
  if (!texts.ok()) co_return texts;
  texts->erase(std::remove_if(texts->begin(), texts->end(),
                              [&](const std::string& text) { return !HasVersion(text, version); }),
               texts->end());
  co_return texts;
}

asio::awaitable<absl::StatusOr<Strings>> LookUpAddresses(delivery::DnsClient& dns,
                                                         std::string name) {
  Strings addresses;
  for (const DnsType type : {DnsType::kA, DnsType::kAaaa}) {
    const absl::StatusOr<DnsAnswer> answer = co_await dns.Query(name, type);
    if (!answer.ok()) co_return answer.status();
    for (const std::string& rdata : answer->rdata) {
      const std::string text = AddressText(type, rdata);
      if (!text.empty()) addresses.push_back(text);
    }
  }
  co_return addresses;
}

asio::awaitable<absl::StatusOr<Strings>> LookUpNames(delivery::DnsClient& dns,
                                                     std::string address) {
  const absl::StatusOr<DnsAnswer> answer = co_await dns.Query(ReverseName(address), DnsType::kPtr);
  if (!answer.ok()) co_return answer.status();
  Strings names;
  for (const std::string& rdata : answer->rdata) {
    const std::optional<std::string> name = delivery::HostNameFromWire(rdata);
    if (name.has_value() && !name->empty()) names.push_back(*name);
  }
  co_return names;
}

std::string ReversedAddress(absl::string_view address) {
  asio::error_code error;
  const asio::ip::address parsed = asio::ip::make_address(std::string(address), error);
  if (error) return "";
  Strings labels;
  if (parsed.is_v4()) {
    for (const unsigned char byte : parsed.to_v4().to_bytes()) labels.push_back(absl::StrCat(byte));
  } else {
    for (const unsigned char byte : parsed.to_v6().to_bytes()) {
      labels.push_back(absl::StrCat(absl::Hex(byte >> 4)));
      labels.push_back(absl::StrCat(absl::Hex(byte & 15)));
    }
  }
  std::reverse(labels.begin(), labels.end());
  return absl::StrJoin(labels, ".");
}

std::string ReverseName(absl::string_view address) {
  const bool is_v6 = absl::StrContains(address, ":");
  return absl::StrCat(ReversedAddress(address), is_v6 ? ".ip6.arpa" : ".in-addr.arpa");
}

std::string TextRecord(absl::string_view name, absl::string_view text) {
  std::string line = absl::StrCat(name, ". IN TXT");
  for (size_t at = 0; at < text.size() || at == 0; at += kMaxStringBytes) {
    absl::StrAppend(&line, " \"", text.substr(at, kMaxStringBytes), "\"");
  }
  return line;
}

std::string AddressRecord(absl::string_view name, absl::string_view address) {
  return absl::StrCat(name, ". IN ", absl::StrContains(address, ":") ? "AAAA " : "A ", address);
}

}  // namespace mailstrom::cli
