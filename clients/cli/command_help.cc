#include "clients/cli/command_help.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace mailstrom::cli {
namespace {

constexpr Explained kExitCodes[] = {
    {"0", "Done; with `watch` and `send --wait`: all recipients were delivered."},
    {"1",
     "`watch`, `send --wait`: some recipient failed; `dkim check`, `doctor`: something is wrong."},
    {"2", "The command line or the configuration is wrong, or a file cannot be read."},
    {"3",
     "The server refused the request, or some of many; sending it again as it is will not help."},
    {"4", "The server or DNS cannot be reached or cannot take more now; try again later."},
    {"5", "`watch`, `send --wait`: some recipient was not settled before --timeout."},
    {"6", "The server knows no such email."},
    {"7", "Anything else went wrong."},
};

constexpr Explained kVariables[] = {
    {"MAILSTROM_CONFIG",
     "Configuration file. Default: mailstrom/config.yaml in $XDG_CONFIG_HOME or ~/.config."},
    {"MAILSTROM_SERVER", "As --server."},
    {"MAILSTROM_TLS", "As --tls: true or false."},
    {"MAILSTROM_CA_FILE", "As --ca-file."},
    {"MAILSTROM_CERTIFICATE_FILE", "As --certificate-file."},
    {"MAILSTROM_PRIVATE_KEY_FILE", "As --private-key-file."},
    {"MAILSTROM_API_KEY_FILE", "As --api-key-file."},
    {"MAILSTROM_API_KEY", "The key itself; counts when no file with one is named."},
    {"MAILSTROM_TIMEOUT", "As --timeout."},
    {"MAILSTROM_FROM", "As --from of `send`."},
};

constexpr absl::string_view kConfigFile =
    "YAML with what options of the same names say, words joined by `_`: server, tls, ca_file,\n"
    "certificate_file, private_key_file, api_key_file, timeout, and from for `send`; besides, "
    "api_key,\n"
    "the key itself. Options go before variables, and those before the file. A file with a key "
    "must "
    "not\n"
    "be readable by everybody.\n"
    "\n"
    "  server: mail.a.test:2626\n"
    "  ca_file: /etc/mailstrom/ca.pem\n"
    "  api_key_file: /home/ann/.mailstrom-key\n"
    "  from: Ann <ann@a.test>\n";

using Rows = std::vector<std::pair<std::string, std::string>>;

// Two columns, the left one as wide as its widest entry.
std::string Columns(const Rows& rows) {
  size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row.first.size());
  std::string text;
  for (const auto& [left, right] : rows) {
    absl::StrAppend(&text, "  ", left, std::string(width - left.size() + 2, ' '), right, "\n");
  }
  return text;
}

std::string DescribeOptions(absl::Span<const Option> options) {
  Rows rows;
  for (const Option& option : options) {
    rows.emplace_back(OptionUsage(option), OptionMeaning(option));
  }
  return Columns(rows);
}

std::string DescribeAll(absl::Span<const Explained> all) {
  Rows rows;
  for (const Explained& one : all) rows.emplace_back(one.name, one.meaning);
  return Columns(rows);
}

}  // namespace

absl::Span<const Explained> ExitCodeMeanings() { return kExitCodes; }

absl::Span<const Explained> EnvironmentVariables() { return kVariables; }

std::string OptionUsage(const Option& option) {
  return absl::StrCat("--", option.name, option.value_name.empty() ? "" : " ", option.value_name);
}

std::string OptionMeaning(const Option& option) {
  std::string text(option.help);
  if (!option.words.empty()) {
    const std::vector<absl::string_view> words = absl::StrSplit(option.words, ' ');
    absl::StrAppend(&text, " One of: ", absl::StrJoin(words, ", "), ".");
  }
  if (option.repeated) absl::StrAppend(&text, " Repeatable.");
  return text;
}

absl::string_view ConfigFileText() { return kConfigFile; }

std::string GeneralHelp() {
  Rows rows;
  for (const Command& command : Commands()) rows.emplace_back(command.name, command.summary);
  return absl::StrCat(
      "Usage: mailstrom COMMAND [OPTION]...\n", kProgramSummary, "\n\nCommands:\n", Columns(rows),
      "\nOptions of every command:\n", DescribeOptions(CommonOptions()),
      "\nOptions of every command that calls a server:\n", DescribeOptions(ConnectionOptions()),
      "\nEnvironment:\n", DescribeAll(kVariables), "\nConfiguration file:\n", kConfigFile,
      "\nExit codes:\n", DescribeAll(kExitCodes));
}

std::string CommandHelp(const Command& command) {
  std::string text = absl::StrCat("Usage: mailstrom ", command.name, " [OPTION]...",
                                  command.operands.empty() ? "" : " ", command.operands, "\n",
                                  command.summary, "\n");
  if (!command.details.empty()) absl::StrAppend(&text, "\n", command.details);
  absl::StrAppend(&text, "\nOptions:\n", DescribeOptions(AllOptions(command)), "\nExit codes:\n",
                  DescribeAll(kExitCodes));
  return text;
}

std::string GroupHelp(absl::string_view group) {
  Rows rows;
  for (const Command* command : CommandsOfGroup(group)) {
    rows.emplace_back(command->name, command->summary);
  }
  return absl::StrCat("Usage: mailstrom ", group, " COMMAND [OPTION]...\n\nCommands:\n",
                      Columns(rows), "\n`mailstrom help ", group, " COMMAND` tells more.\n");
}

}  // namespace mailstrom::cli
