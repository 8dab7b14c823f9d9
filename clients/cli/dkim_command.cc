#include "clients/cli/dkim_command.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "clients/cli/failure.h"
#include "clients/cli/json.h"
#include "clients/cli/output.pb.h"
#include "clients/cli/utf8.h"
#include "message/dkim_key.h"
#include "message/dkim_key_ring.h"
#include "message/dkim_record.h"

namespace mailstrom::cli {
namespace {

using message::DkimDomainKeys;
using message::DkimKey;

absl::Status Wrong(absl::string_view what) { return absl::InvalidArgumentError(what); }

absl::Status CheckPresent(const Arguments& arguments,
                          std::initializer_list<absl::string_view> needed) {
  for (const absl::string_view option : needed) {
    if (!arguments.Has(option)) return Wrong(absl::StrCat("--", option, " is missing"));
  }
  return absl::OkStatus();
}

// The key of that domain and selector, both as DNS has them.
absl::StatusOr<DkimDomainKeys> Named(const Arguments& arguments, DkimKey key) {
  message::DkimKeyRing ring;
  RETURN_IF_ERROR(ring.Add(arguments.Get("domain"), arguments.Get("selector"), std::move(key)));
  return *ring.All().front();
}

absl::StatusOr<DkimKey> NewKey(const Arguments& arguments) {
  const std::string type = arguments.Get("type", "rsa");
  if (type == "ed25519") {
    if (arguments.Has("bits")) return Wrong("--bits is for RSA keys only");
    return DkimKey::GenerateEd25519();
  }
  int bits = DkimKey::kDefaultRsaBits;
  if (arguments.Has("bits") && !absl::SimpleAtoi(arguments.Get("bits"), &bits)) {
    return Wrong("--bits is a number from 1024 to 4096");
  }
  return DkimKey::GenerateRsa(bits);
}

absl::Status Keygen(const Arguments& arguments, const Environment& environment) {
  RETURN_IF_ERROR(CheckPresent(arguments, {"domain", "selector", "out"}));
  ASSIGN_OR_RETURN(DkimKey key, NewKey(arguments));
  ASSIGN_OR_RETURN(const DkimDomainKeys named, Named(arguments, std::move(key)));
  const message::DkimSelectorKey& made = named.keys.front();
  RETURN_IF_ERROR(environment.write_secret(arguments.Get("out"), made.key.ToPem()));
  DkimKeyMade shown;
  shown.set_name(message::DkimRecordName(named.domain, made.selector));
  shown.set_record(message::DkimRecord(made.key));
  shown.set_zone_line(message::DkimZoneLine(named.domain, made.selector, made.key));
  environment.out << (arguments.Has("json") ? ToJson(shown) : shown.zone_line()) << "\n";
  return absl::OkStatus();
}

void Show(const std::string& domain, const message::DkimSelectorKey& own,
          const std::vector<std::string>& problems, bool json, const Environment& environment) {
  DkimKeyChecked shown;
  shown.set_name(message::DkimRecordName(domain, own.selector));
  shown.set_ok(problems.empty());
  for (const std::string& problem : problems) shown.add_problems(Printable(problem));
  shown.set_zone_line(message::DkimZoneLine(domain, own.selector, own.key));
  if (json) {
    environment.out << ToJson(shown) << "\n";
    return;
  }
  for (const std::string& problem : shown.problems()) {
    environment.err << "mailstrom: " << shown.name() << ": " << problem << "\n";
  }
  if (problems.empty()) {
    environment.out << shown.name() << ": publishes the key\n";
  } else {
    environment.err << "It should be:\n" << shown.zone_line() << "\n";
  }
}

// `problems` gets what keeps receivers from accepting signatures of the key.
absl::Status Check(const Arguments& arguments, const Environment& environment,
                   std::vector<std::string>& problems) {
  RETURN_IF_ERROR(CheckPresent(arguments, {"domain", "selector", "key"}));
  ASSIGN_OR_RETURN(const std::string pem, environment.read_file(arguments.Get("key")));
  absl::StatusOr<DkimKey> key = DkimKey::FromPem(pem);
  if (!key.ok()) {
    return Wrong(absl::StrCat(arguments.Get("key"), ": ", key.status().message()));
  }
  ASSIGN_OR_RETURN(const DkimDomainKeys named, Named(arguments, *std::move(key)));
  const message::DkimSelectorKey& own = named.keys.front();
  const std::string name = message::DkimRecordName(named.domain, own.selector);
  ASSIGN_OR_RETURN(const std::vector<std::string> records,
                   environment.look_up_txt(name, arguments.Get("dns")));
  if (records.size() == 1) {
    problems = message::CompareDkimRecord(records.front(), own.key);
  } else {
    problems = {records.empty() ? "there is no TXT record"
                                : absl::StrCat("there are ", records.size(), " TXT records")};
  }
  Show(named.domain, own, problems, arguments.Has("json"), environment);
  return absl::OkStatus();
}

ExitCode Fail(const absl::Status& status, absl::string_view command, bool json,
              const Environment& environment) {
  if (absl::IsInvalidArgument(status)) return UsageError(status, command, json, environment);
  if (json) {
    environment.err << ErrorJson(status) << "\n";
  } else {
    environment.err << "mailstrom: " << Printable(status.message()) << "\n";
  }
  return absl::IsUnavailable(status) ? ExitCode::kUnavailable : ExitCode::kUsage;
}

}  // namespace

ExitCode RunDkimKeygen(const Arguments& arguments, const Environment& environment) {
  const absl::Status status = Keygen(arguments, environment);
  if (status.ok()) return ExitCode::kOk;
  return Fail(status, "dkim keygen", arguments.Has("json"), environment);
}

ExitCode RunDkimCheck(const Arguments& arguments, const Environment& environment) {
  std::vector<std::string> problems;
  const absl::Status status = Check(arguments, environment, problems);
  if (!status.ok()) return Fail(status, "dkim check", arguments.Has("json"), environment);
  return problems.empty() ? ExitCode::kOk : ExitCode::kProblem;
}

}  // namespace mailstrom::cli
