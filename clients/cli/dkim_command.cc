#include "clients/cli/dkim_command.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "clients/cli/arguments.h"
#include "clients/cli/utf8.h"
#include "message/dkim_key.h"
#include "message/dkim_key_ring.h"
#include "message/dkim_record.h"

namespace mailstrom::cli {
namespace {

using message::DkimDomainKeys;
using message::DkimKey;

enum ExitStatus { kOk = 0, kMismatch = 1, kUsage = 2, kNoAnswer = 4 };

constexpr absl::string_view kHelp =
    "Usage: mailstrom dkim keygen --domain DOMAIN --selector NAME --out FILE [OPTION]...\n"
    "       mailstrom dkim check --domain DOMAIN --selector NAME --key FILE [OPTION]...\n"
    "Makes keys that sign mail, and checks that DNS publishes them (RFC 6376, RFC 8463).\n"
    "\n"
    "`keygen` writes a new private key to FILE and prints the DNS record that publishes it.\n"
    "`check` compares the record that DNS has with the key in FILE.\n"
    "\n"
    "  mailstrom dkim keygen --domain a.test --selector s2026 --out s2026.pem\n"
    "  mailstrom dkim check --domain a.test --selector s2026 --key s2026.pem\n"
    "\n"
    "Options:\n"
    "  --domain DOMAIN  Domain that signs: that of the authors, or one above it.\n"
    "  --selector NAME  Name of the key in DNS; a new key needs a new one.\n"
    "  --out FILE       keygen: where the private key goes, which must not exist yet.\n"
    "  --type TYPE      keygen: `rsa` or `ed25519`. Default: rsa, which all receivers verify.\n"
    "  --bits BITS      keygen: size of an RSA key, 1024 to 4096. Default: 2048.\n"
    "  --key FILE       check: the private key.\n"
    "  --dns SERVER     check: DNS server to ask, such as 192.0.2.53. Default: the machine's own.\n"
    "  --help           Show this page.\n"
    "\n"
    "Exit codes:\n"
    "  0  done; `check`: DNS publishes the key\n"
    "  1  `check`: DNS does not publish the key, or not so that receivers accept it\n"
    "  2  the command line is wrong, or a file cannot be read or written\n"
    "  4  `check`: DNS gave no answer; try again later\n";

constexpr Option kKeygenOptions[] = {{"domain", "DOMAIN", ""}, {"selector", "NAME", ""},
                                     {"out", "FILE", ""},      {"type", "TYPE", ""},
                                     {"bits", "BITS", ""},     {"help", "", ""}};
constexpr Option kCheckOptions[] = {{"domain", "DOMAIN", ""},
                                    {"selector", "NAME", ""},
                                    {"key", "FILE", ""},
                                    {"dns", "SERVER", ""},
                                    {"help", "", ""}};

absl::Status UsageError(absl::string_view what) { return absl::InvalidArgumentError(what); }

absl::Status CheckWords(const Arguments& arguments,
                        std::initializer_list<absl::string_view> needed) {
  if (!arguments.operands().empty()) {
    return UsageError(absl::StrCat("'", arguments.operands().front(), "' is one word too many"));
  }
  for (const absl::string_view option : needed) {
    if (!arguments.Has(option)) return UsageError(absl::StrCat("--", option, " is missing"));
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
    if (arguments.Has("bits")) return UsageError("--bits is for RSA keys only");
    return DkimKey::GenerateEd25519();
  }
  if (type != "rsa") return UsageError("--type is `rsa` or `ed25519`");
  int bits = DkimKey::kDefaultRsaBits;
  if (arguments.Has("bits") && !absl::SimpleAtoi(arguments.Get("bits"), &bits)) {
    return UsageError("--bits is a number from 1024 to 4096");
  }
  return DkimKey::GenerateRsa(bits);
}

absl::Status Keygen(const Arguments& arguments, const DkimEnvironment& environment) {
  RETURN_IF_ERROR(CheckWords(arguments, {"domain", "selector", "out"}));
  ASSIGN_OR_RETURN(DkimKey key, NewKey(arguments));
  ASSIGN_OR_RETURN(const DkimDomainKeys named, Named(arguments, std::move(key)));
  const message::DkimSelectorKey& made = named.keys.front();
  RETURN_IF_ERROR(environment.write_secret(arguments.Get("out"), made.key.ToPem()));
  environment.out << message::DkimZoneLine(named.domain, made.selector, made.key) << "\n";
  return absl::OkStatus();
}

// `problems` gets what keeps receivers from accepting signatures of the key.
absl::Status Check(const Arguments& arguments, const DkimEnvironment& environment,
                   std::vector<std::string>& problems) {
  RETURN_IF_ERROR(CheckWords(arguments, {"domain", "selector", "key"}));
  ASSIGN_OR_RETURN(const std::string pem, environment.read_file(arguments.Get("key")));
  absl::StatusOr<DkimKey> key = DkimKey::FromPem(pem);
  if (!key.ok()) {
    return UsageError(absl::StrCat(arguments.Get("key"), ": ", key.status().message()));
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
  for (const std::string& problem : problems) {
    environment.err << "mailstrom: " << name << ": " << Printable(problem) << "\n";
  }
  if (problems.empty()) {
    environment.out << name << ": publishes the key\n";
  } else {
    environment.err << "It should be:\n"
                    << message::DkimZoneLine(named.domain, own.selector, own.key) << "\n";
  }
  return absl::OkStatus();
}

int Fail(const absl::Status& status, const DkimEnvironment& environment) {
  environment.err << "mailstrom: " << Printable(status.message()) << "\n";
  if (absl::IsUnavailable(status)) return kNoAnswer;
  if (absl::IsInvalidArgument(status)) environment.err << "See `mailstrom dkim --help`.\n";
  return kUsage;
}

}  // namespace

int RunDkimCommand(absl::Span<const std::string> words, const DkimEnvironment& environment) {
  const std::string name = words.empty() ? "" : words.front();
  if (name == "--help" || name == "-h" || name == "help") {
    environment.out << kHelp;
    return kOk;
  }
  if (name != "keygen" && name != "check") {
    environment.err << kHelp;
    return kUsage;
  }
  const bool keygen = name == "keygen";
  const absl::StatusOr<Arguments> arguments = ParseArguments(
      keygen ? absl::MakeConstSpan(kKeygenOptions) : absl::MakeConstSpan(kCheckOptions),
      words.subspan(1));
  if (!arguments.ok()) return Fail(arguments.status(), environment);
  if (arguments->Has("help")) {
    environment.out << kHelp;
    return kOk;
  }
  std::vector<std::string> problems;
  const absl::Status status =
      keygen ? Keygen(*arguments, environment) : Check(*arguments, environment, problems);
  if (!status.ok()) return Fail(status, environment);
  return problems.empty() ? kOk : kMismatch;
}

}  // namespace mailstrom::cli
