#include "clients/cli/doctor/doctor_command.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "asio/io_context.hpp"
#include "asio/ip/address.hpp"
#include "base/random_source.h"
#include "base/status_macros.h"
#include "clients/cli/doctor/doctor.h"
#include "clients/cli/doctor/report.h"
#include "clients/cli/failure.h"
#include "delivery/asio_alarms.h"
#include "delivery/asio_transport.h"
#include "delivery/dns/unbound_dns_client.h"
#include "delivery/spawn.h"
#include "message/domain.h"

namespace mailstrom::cli {
namespace {

constexpr absl::Duration kDnsTimeout = absl::Seconds(20);
constexpr char kResolverFile[] = "/etc/resolv.conf";
constexpr char kRootsFile[] = "/etc/ssl/certs/ca-certificates.crt";

absl::StatusOr<std::string> CheckedAddress(const std::string& text) {
  asio::error_code error;
  const asio::ip::address address = asio::ip::make_address(text, error);
  if (!error) return address.to_string();
  return absl::InvalidArgumentError(absl::StrCat("--address ", text, " is no IP address"));
}

absl::StatusOr<Examination> ReadExamination(const Arguments& arguments,
                                            const FileReader& read_file) {
  Examination examination;
  ASSIGN_OR_RETURN(examination.domain, message::NormalizeDomain(arguments.operands().front()));
  examination.selectors = arguments.All("selector");
  examination.helo = absl::AsciiStrToLower(arguments.Get("helo"));
  for (const std::string& text : arguments.All("address")) {
    ASSIGN_OR_RETURN(examination.addresses.emplace_back(), CheckedAddress(text));
  }
  examination.blocklists = arguments.All("blocklist");
  if (!arguments.Has("dkim-key")) return examination;
  if (examination.selectors.size() != 1) {
    return absl::InvalidArgumentError("--dkim-key needs one --selector");
  }
  ASSIGN_OR_RETURN(const std::string pem, read_file(arguments.Get("dkim-key")));
  ASSIGN_OR_RETURN(examination.dkim_key, message::DkimKey::FromPem(pem));
  return examination;
}

// The machine's own resolvers; none: it asks from the root on.
std::vector<std::string> OwnResolvers(const FileReader& read_file) {
  std::vector<std::string> servers;
  const absl::StatusOr<std::string> text = read_file(kResolverFile);
  if (!text.ok()) return servers;
  for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    if (words.size() > 1 && words[0] == "nameserver") servers.push_back(words[1]);
  }
  return servers;
}

// `findings` outlives the coroutine; `io` runs until they are there.
asio::awaitable<void> Fill(asio::io_context& io, const MxCheckParts& parts,
                           const Examination& examination, Findings& findings) {
  findings = co_await Examine(parts, examination);
  io.stop();
}

absl::StatusOr<Findings> ExamineForReal(const Examination& examination,
                                        std::vector<std::string> dns_servers,
                                        const std::string& roots_file) {
  asio::io_context io{1};
  delivery::AsioAlarms alarms(io.get_executor());
  delivery::UnboundOptions options;
  options.servers = std::move(dns_servers);
  options.timeout = kDnsTimeout;
  ASSIGN_OR_RETURN(const std::unique_ptr<delivery::UnboundDnsClient> dns,
                   delivery::UnboundDnsClient::Create(io.get_executor(), alarms, options));
  SystemRandomSource random;
  delivery::AsioConnector connector(alarms, {.trusted_roots_file = roots_file});
  // The user asks about his own domain, which may be within a network of his own.
  const MxCheckParts parts = {*dns,
                              connector,
                              alarms,
                              random,
                              delivery::DestinationFilter(/*allow_private=*/true),
                              examination.helo.empty() ? examination.domain : examination.helo};
  Findings findings;
  delivery::Spawn(io.get_executor(), "doctor", Fill(io, parts, examination, findings));
  io.run();
  return findings;
}

}  // namespace

ExitCode RunDoctor(const Arguments& arguments, const Environment& environment) {
  const bool json = arguments.Has("json");
  const absl::StatusOr<Examination> examination = ReadExamination(arguments, environment.read_file);
  if (!examination.ok()) return UsageError(examination.status(), "doctor", json, environment);
  std::vector<std::string> servers = arguments.All("dns");
  if (servers.empty()) servers = OwnResolvers(environment.read_file);
  const absl::StatusOr<Findings> findings =
      ExamineForReal(*examination, std::move(servers), arguments.Get("ca-file", kRootsFile));
  if (!findings.ok()) return UsageError(findings.status(), "doctor", json, environment);
  environment.out << (json ? ReportJson(*findings) : ReportText(*findings));
  return ExitCodeForFindings(*findings);
}

}  // namespace mailstrom::cli
