#include "tests/fakes/fake_dns_client.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "asio/ip/address.hpp"
#include "delivery/sleep.h"

namespace mailstrom::delivery {
namespace {

constexpr DnsType kAllTypes[] = {DnsType::kA,   DnsType::kCname, DnsType::kPtr, DnsType::kMx,
                                 DnsType::kTxt, DnsType::kAaaa,  DnsType::kTlsa};
constexpr int kMaxCnames = 8;

std::string WireName(const std::string& name) {
  std::string wire;
  if (!name.empty() && name != ".") {
    for (absl::string_view label : absl::StrSplit(name, '.')) {
      absl::StrAppend(&wire, std::string(1, static_cast<char>(label.size())), label);
    }
  }
  wire.push_back('\0');
  return wire;
}

}  // namespace

void FakeDnsClient::AddName(const std::string& name) { names_[name]; }

void FakeDnsClient::AddAddress(const std::string& name, const std::string& address) {
  const asio::ip::address parsed = asio::ip::make_address(address);
  if (parsed.is_v4()) {
    const auto bytes = parsed.to_v4().to_bytes();
    AddRecord(name, DnsType::kA, std::string(bytes.begin(), bytes.end()));
  } else {
    const auto bytes = parsed.to_v6().to_bytes();
    AddRecord(name, DnsType::kAaaa, std::string(bytes.begin(), bytes.end()));
  }
}

void FakeDnsClient::AddMx(const std::string& name, int preference, const std::string& exchange) {
  std::string rdata = {static_cast<char>(preference >> 8), static_cast<char>(preference)};
  AddRecord(name, DnsType::kMx, rdata + WireName(exchange));
}

void FakeDnsClient::AddTxt(const std::string& name, const std::string& text) {
  std::string rdata;
  for (size_t at = 0; at < text.size() || at == 0; at += 255) {
    const std::string part = text.substr(at, 255);
    rdata += static_cast<char>(part.size()) + part;
  }
  AddRecord(name, DnsType::kTxt, rdata);
}

void FakeDnsClient::AddPtr(const std::string& name, const std::string& target) {
  AddRecord(name, DnsType::kPtr, WireName(target));
}

void FakeDnsClient::AddCname(const std::string& name, const std::string& target) {
  names_[name].cname = target;
}

void FakeDnsClient::AddRecord(const std::string& name, DnsType type, std::string rdata) {
  names_[name].records[type].push_back(std::move(rdata));
}

void FakeDnsClient::SetAuthenticated(const std::string& name, DnsType type) {
  names_[name].authenticated[type] = true;
}

void FakeDnsClient::SetFailure(const std::string& name, DnsType type, Failure failure) {
  names_[name].failures[type] = failure;
}

void FakeDnsClient::SetServfail(const std::string& name) {
  for (DnsType type : kAllTypes) SetServfail(name, type);
}

void FakeDnsClient::SetServfail(const std::string& name, DnsType type) {
  SetFailure(name, type, Failure::kServfail);
}

void FakeDnsClient::SetTimeout(const std::string& name) {
  for (DnsType type : kAllTypes) SetTimeout(name, type);
}

void FakeDnsClient::SetTimeout(const std::string& name, DnsType type) {
  SetFailure(name, type, Failure::kTimeout);
}

void FakeDnsClient::Remove(const std::string& name) { names_.erase(name); }

int FakeDnsClient::query_count(absl::string_view name, DnsType type) const {
  int count = 0;
  for (const auto& query : queries_) count += query.first == name && query.second == type ? 1 : 0;
  return count;
}

asio::awaitable<absl::StatusOr<DnsAnswer>> FakeDnsClient::Query(std::string name, DnsType type) {
  name = absl::AsciiStrToLower(name);
  if (!name.empty() && name.back() == '.') name.pop_back();
  queries_.emplace_back(name, type);
  if (name.empty() || name.size() > 253) co_return absl::InvalidArgumentError("not a name");
  DnsAnswer answer;
  answer.canonical_name = name;
  for (int cnames = 0; cnames <= kMaxCnames; ++cnames) {
    auto found = names_.find(answer.canonical_name);
    if (found == names_.end()) {
      answer.no_such_name = true;
      co_return answer;
    }
    const Name& entry = found->second;
    auto failure = entry.failures.find(type);
    if (failure != entry.failures.end()) {
      const bool servfail = failure->second == Failure::kServfail;
      if (!servfail) co_await Sleep(alarms_, kTimeout);
      co_return absl::UnavailableError(servfail ? "DNS: SERVFAIL" : "DNS: no answer");
    }
    if (!entry.cname.empty() && type == DnsType::kCname) {
      answer.rdata = {WireName(entry.cname)};
      answer.authenticated = entry.authenticated.count(type) > 0;
      co_return answer;
    }
    if (!entry.cname.empty()) {
      answer.canonical_name = entry.cname;
      continue;
    }
    auto records = entry.records.find(type);
    if (records != entry.records.end()) answer.rdata = records->second;
    answer.authenticated = entry.authenticated.count(type) > 0;
    co_return answer;
  }
  co_return absl::UnavailableError("DNS: a loop of CNAMEs");
}

}  // namespace mailstrom::delivery
