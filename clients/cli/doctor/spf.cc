#include "clients/cli/doctor/spf.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "asio/ip/address.hpp"
#include "base/status_macros.h"
#include "clients/cli/doctor/dns_records.h"
#include "clients/cli/doctor/spf_macro.h"
#include "delivery/dns/host_name.h"

namespace mailstrom::cli {
namespace {

using delivery::DnsAnswer;
using delivery::DnsType;
using Result = SpfAnswer::Result;

// RFC 7208 §4.6.4.
constexpr int kMaxLookups = 10;
constexpr int kMaxVoidLookups = 2;
constexpr size_t kMaxMxHosts = 10;

// A directive (§4.6.1), its name in lower case.
struct Mechanism {
  Result result = Result::kPass;
  std::string name;
  // Behind the colon; empty: none.
  std::string argument;
  int v4_bits = 32;
  int v6_bits = 128;
};

struct Record {
  std::vector<Mechanism> mechanisms;
  std::string redirect;
};

absl::Status Malformed(absl::string_view term) {
  return absl::InvalidArgumentError(absl::StrCat("`", term, "` is no term of SPF"));
}

// Takes `/24`, `//64` or both from the end of `text` (§5.6 dual-cidr-length).
absl::Status TakePrefixLengths(absl::string_view& text, Mechanism& mechanism) {
  const size_t slash = text.find('/');
  if (slash == absl::string_view::npos) return absl::OkStatus();
  absl::string_view lengths = text.substr(slash);
  text = text.substr(0, slash);
  const size_t v6 = lengths.find("//");
  const absl::string_view first = lengths.substr(1, v6 == absl::string_view::npos ? v6 : v6 - 1);
  if (v6 != 0 && (!absl::SimpleAtoi(first, &mechanism.v4_bits) || mechanism.v4_bits < 0 ||
                  mechanism.v4_bits > 32)) {
    return absl::InvalidArgumentError("a prefix length of IPv4 is 0 to 32");
  }
  if (v6 != absl::string_view::npos &&
      (!absl::SimpleAtoi(lengths.substr(v6 + 2), &mechanism.v6_bits) || mechanism.v6_bits < 0 ||
       mechanism.v6_bits > 128)) {
    return absl::InvalidArgumentError("a prefix length of IPv6 is 0 to 128");
  }
  return absl::OkStatus();
}

absl::StatusOr<Mechanism> ParseIpMechanism(absl::string_view term, Mechanism mechanism,
                                           absl::string_view argument) {
  const bool v6 = mechanism.name == "ip6";
  const size_t slash = argument.find('/');
  asio::error_code error;
  const auto address = asio::ip::make_address(std::string(argument.substr(0, slash)), error);
  if (error || address.is_v6() != v6) return Malformed(term);
  int& bits = v6 ? mechanism.v6_bits : mechanism.v4_bits;
  if (slash != absl::string_view::npos && (!absl::SimpleAtoi(argument.substr(slash + 1), &bits) ||
                                           bits < 0 || bits > (v6 ? 128 : 32))) {
    return Malformed(term);
  }
  mechanism.argument = std::string(argument.substr(0, slash));
  return mechanism;
}

absl::StatusOr<Mechanism> ParseMechanism(absl::string_view term) {
  Mechanism mechanism;
  absl::string_view text = term;
  const size_t qualifier = absl::string_view("+-~?").find(text.front());
  if (qualifier != absl::string_view::npos) {
    constexpr Result kResults[] = {Result::kPass, Result::kFail, Result::kSoftFail,
                                   Result::kNeutral};
    mechanism.result = kResults[qualifier];
    text.remove_prefix(1);
  }
  const size_t end = std::min(text.find_first_of(":/"), text.size());
  mechanism.name = absl::AsciiStrToLower(text.substr(0, end));
  absl::string_view argument = text.substr(end);
  const bool has_argument = absl::ConsumePrefix(&argument, ":");
  const std::string& name = mechanism.name;
  if (name == "ip4" || name == "ip6") return ParseIpMechanism(term, mechanism, argument);
  if (name == "a" || name == "mx") {
    RETURN_IF_ERROR(TakePrefixLengths(argument, mechanism));
  } else if (name == "all") {
    if (!text.substr(end).empty()) return Malformed(term);
  } else if (name != "include" && name != "exists" && name != "ptr") {
    return Malformed(term);
  }
  const bool needs_argument = name == "include" || name == "exists";
  if ((needs_argument || has_argument) && argument.empty()) return Malformed(term);
  mechanism.argument = std::string(argument);
  return mechanism;
}

absl::StatusOr<Record> ParseRecord(absl::string_view text) {
  Record record;
  bool first = true;
  for (const absl::string_view term : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    // The version.
    if (std::exchange(first, false)) continue;
    const size_t end = term.find_first_of("=:/");
    if (end != absl::string_view::npos && term[end] == '=') {
      const std::string name = absl::AsciiStrToLower(term.substr(0, end));
      if (name == "redirect" && !record.redirect.empty()) return Malformed(term);
      if (name == "redirect") record.redirect = std::string(term.substr(end + 1));
      // Other modifiers, known or not, do not change the result (§6).
      continue;
    }
    ASSIGN_OR_RETURN(record.mechanisms.emplace_back(), ParseMechanism(term));
  }
  return record;
}

bool SharesPrefix(const std::string& left, const std::string& right, int v4_bits, int v6_bits) {
  asio::error_code error;
  const auto a = asio::ip::make_address(left, error);
  if (error) return false;
  const auto b = asio::ip::make_address(right, error);
  if (error || a.is_v4() != b.is_v4()) return false;
  const auto same = [](const auto& x, const auto& y, int bits) {
    for (int i = 0; i < bits; ++i) {
      const int shift = 7 - i % 8;
      if (((x[i / 8] ^ y[i / 8]) >> shift & 1) != 0) return false;
    }
    return true;
  };
  if (a.is_v4()) return same(a.to_v4().to_bytes(), b.to_v4().to_bytes(), v4_bits);
  return same(a.to_v6().to_bytes(), b.to_v6().to_bytes(), v6_bits);
}

class Evaluation {
 public:
  Evaluation(delivery::DnsClient& dns, SpfQuestion question)
      : dns_(dns), question_(std::move(question)) {}

  asio::awaitable<SpfAnswer> Run() {
    SpfAnswer answer = co_await Check(question_.domain);
    answer.lookups = lookups_;
    co_return answer;
  }

 private:
  static SpfAnswer Error(const absl::Status& status) {
    SpfAnswer answer;
    answer.result = absl::IsUnavailable(status) ? Result::kTempError : Result::kPermError;
    answer.reason = std::string(status.message());
    return answer;
  }

  // check_host() of §4.
  asio::awaitable<SpfAnswer> Check(std::string domain) {
    const absl::StatusOr<Strings> texts = co_await LookUpTexts(dns_, domain, "v=spf1");
    if (!texts.ok()) co_return Error(texts.status());
    SpfAnswer answer;
    if (texts->empty()) {
      answer.reason = absl::StrCat(domain, " has no SPF record");
      co_return answer;
    }
    if (texts->size() > 1) {
      co_return Error(
          absl::InvalidArgumentError(absl::StrCat(domain, " has ", texts->size(), " SPF records")));
    }
    answer = co_await Judge(domain, texts->front());
    answer.record = texts->front();
    co_return answer;
  }

  asio::awaitable<SpfAnswer> Judge(std::string domain, std::string text) {
    const absl::StatusOr<Record> record = ParseRecord(text);
    if (!record.ok()) co_return Error(record.status());
    for (const Mechanism& mechanism : record->mechanisms) {
      const absl::StatusOr<bool> matches = co_await Matches(domain, mechanism);
      if (!matches.ok()) co_return Error(matches.status());
      if (!*matches) continue;
      SpfAnswer answer;
      answer.result = mechanism.result;
      answer.reason = absl::StrCat("`", mechanism.name, mechanism.argument.empty() ? "" : ":",
                                   mechanism.argument, "` of ", domain);
      co_return answer;
    }
    SpfAnswer answer;
    answer.result = Result::kNeutral;
    answer.reason = absl::StrCat("nothing of ", domain, " matches");
    if (record->redirect.empty()) co_return answer;
    const absl::StatusOr<std::string> target = Target(domain, record->redirect);
    if (!target.ok()) co_return Error(target.status());
    const absl::Status counted = Count();
    if (!counted.ok()) co_return Error(counted);
    answer = co_await Check(*target);
    if (answer.result == Result::kNone) {
      answer = Error(absl::InvalidArgumentError(absl::StrCat("redirect: ", answer.reason)));
    }
    co_return answer;
  }

  asio::awaitable<absl::StatusOr<bool>> Matches(std::string domain, Mechanism mechanism) {
    if (mechanism.name == "all") co_return true;
    if (mechanism.name == "ip4" || mechanism.name == "ip6") {
      co_return Names(mechanism.argument, mechanism);
    }
    const absl::Status counted = Count();
    if (!counted.ok()) co_return counted;
    if (mechanism.name == "ptr") co_return false;
    const absl::StatusOr<std::string> target = Target(domain, mechanism.argument);
    if (!target.ok()) co_return target.status();
    if (mechanism.name == "include") co_return co_await Includes(*target);
    if (mechanism.name == "mx") co_return co_await NamesMx(*target, mechanism);
    const bool exists = mechanism.name == "exists";
    const absl::StatusOr<Strings> addresses = co_await Addresses(*target, exists);
    if (!addresses.ok()) co_return addresses.status();
    if (exists) co_return !addresses->empty() && !question_.address.empty();
    for (const std::string& address : *addresses) {
      if (Names(address, mechanism)) co_return true;
    }
    co_return false;
  }

  bool Names(const std::string& address, const Mechanism& mechanism) const {
    return !question_.address.empty() &&
           SharesPrefix(question_.address, address, mechanism.v4_bits, mechanism.v6_bits);
  }

  asio::awaitable<absl::StatusOr<bool>> Includes(std::string target) {
    const SpfAnswer inner = co_await Check(target);
    switch (inner.result) {
      case Result::kPass:
        // What no host can match says nothing, not even by `+all`.
        co_return !question_.address.empty();
      case Result::kTempError:
        co_return absl::UnavailableError(absl::StrCat("include:", target, ": ", inner.reason));
      case Result::kPermError:
      case Result::kNone:
        co_return absl::InvalidArgumentError(absl::StrCat("include:", target, ": ", inner.reason));
      default:
        co_return false;
    }
  }

  asio::awaitable<absl::StatusOr<bool>> NamesMx(std::string target, Mechanism mechanism) {
    const absl::StatusOr<DnsAnswer> answer = co_await dns_.Query(target, DnsType::kMx);
    if (!answer.ok()) co_return answer.status();
    const absl::Status counted = CountIfVoid(answer->rdata.empty(), target);
    if (!counted.ok()) co_return counted;
    if (answer->rdata.size() > kMaxMxHosts) {
      co_return absl::InvalidArgumentError(
          absl::StrCat("mx: ", target, " has more than ", kMaxMxHosts, " MX hosts"));
    }
    for (const std::string& rdata : answer->rdata) {
      const std::optional<std::string> host = delivery::HostNameFromWire(
          absl::string_view(rdata).substr(std::min<size_t>(2, rdata.size())));
      if (!host.has_value() || host->empty()) continue;
      const absl::StatusOr<Strings> addresses = co_await LookUpAddresses(dns_, *host);
      if (!addresses.ok()) co_return addresses.status();
      for (const std::string& address : *addresses) {
        if (Names(address, mechanism)) co_return true;
      }
    }
    co_return false;
  }

  // Of the kind of the asked address; with `v4`, always IPv4 (§5.7).
  asio::awaitable<absl::StatusOr<Strings>> Addresses(std::string name, bool v4) {
    absl::StatusOr<Strings> addresses = co_await LookUpAddresses(dns_, name);
    if (!addresses.ok()) co_return addresses;
    if (v4) {
      addresses->erase(std::remove_if(addresses->begin(), addresses->end(),
                                      [](const std::string& address) {
                                        return absl::StrContains(address, ":");
                                      }),
                       addresses->end());
    }
    const absl::Status counted = CountIfVoid(addresses->empty(), name);
    if (!counted.ok()) co_return counted;
    co_return addresses;
  }

  absl::StatusOr<std::string> Target(const std::string& domain, const std::string& spec) const {
    if (spec.empty()) return domain;
    ASSIGN_OR_RETURN(
        std::string target,
        ExpandSpfMacros(spec, {domain, question_.domain, question_.address, question_.helo}));
    absl::AsciiStrToLower(&target);
    if (absl::EndsWith(target, ".")) target.pop_back();
    return target;
  }

  absl::Status Count() {
    if (++lookups_ <= kMaxLookups) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("more than ", kMaxLookups, " terms that need a DNS query"));
  }

  absl::Status CountIfVoid(bool is_void, const std::string& name) {
    if (!is_void || ++void_lookups_ <= kMaxVoidLookups) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(name, " is one name too many without records"));
  }

  delivery::DnsClient& dns_;
  const SpfQuestion question_;
  int lookups_ = 0;
  int void_lookups_ = 0;
};

}  // namespace

std::string SpfResultName(Result result) {
  constexpr const char* kNames[] = {"none",     "neutral",   "pass",     "fail",
                                    "softfail", "temperror", "permerror"};
  return kNames[static_cast<int>(result)];
}

asio::awaitable<SpfAnswer> EvaluateSpf(delivery::DnsClient& dns, SpfQuestion question) {
  Evaluation evaluation(dns, std::move(question));
  co_return co_await evaluation.Run();
}

}  // namespace mailstrom::cli
