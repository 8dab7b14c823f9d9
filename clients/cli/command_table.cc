#include "clients/cli/command_table.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace mailstrom::cli {
namespace {

constexpr Option kSendOptions[] = {
    {"from", "ADDRESS", "Author: `ann@a.test` or `Ann <ann@a.test>`.", true},
    {"to", "ADDRESS", "Recipient.", true},
    {"cc", "ADDRESS", "Recipient of a copy.", true},
    {"bcc", "ADDRESS", "Recipient whom the others do not see.", true},
    {"reply-to", "ADDRESS", "Where answers should go.", true},
    {"subject", "TEXT", "Subject."},
    {"text", "TEXT", "Body as plain text."},
    {"text-file", "FILE", "The same from a file; `-` is standard input."},
    {"html", "HTML", "Body as HTML; with a plain one the two are alternatives."},
    {"html-file", "FILE", "The same from a file; `-` is standard input."},
    {"attach", "FILE", "File to send along.", true},
    {"header", "FIELD", "Further header field: `Name: value`.", true},
    {"raw", "FILE", "Complete RFC 5322 message instead of the above; `-` is standard input."},
    {"envelope-from", "ADDRESS", "Reverse-path; empty for none. Default: the author."},
    {"envelope-to", "ADDRESS", "Forward-path. Default: all recipients above.", true},
    {"tag", "KEY=VALUE", "Label of your own, returned with the email.", true},
    {"request-id", "ID", "Name of this sending: repeated within a day, it makes no second email."},
    {"wait", "", "Show what becomes of the email until all recipients are settled."},
};

constexpr Option kStatusOptions[] = {
    {"dialogue", "", "Show what was said in the last attempts, too."},
};

constexpr Option kWatchOptions[] = {
    {"cursor", "CURSOR", "Continue after this place, from an earlier --json line."},
};

constexpr Option kListOptions[] = {
    {"tag", "KEY=VALUE", "Emails with this label.", true},
    {"recipient", "ADDRESS", "Emails with this recipient."},
    {"active", "", "Emails that are not settled."},
    {"settled", "", "Emails that are settled."},
    {"limit", "NUMBER", "Show at most so many. Default: 50."},
};

constexpr Option kSharedOptions[] = {
    {"server", "HOST:PORT", "Server. Default: $MAILSTROM_SERVER, or 127.0.0.1:2626."},
    {"tls", "", "Encrypt, and verify the server's certificate by the system's authorities."},
    {"ca-file", "FILE", "The same by the authorities in a PEM file. Default: $MAILSTROM_CA_FILE."},
    {"certificate-file", "FILE", "Certificate of this client, in PEM; needs the next one."},
    {"private-key-file", "FILE", "Its private key, in PEM."},
    {"api-key-file", "FILE",
     "Key to show. Default: $MAILSTROM_API_KEY_FILE, or the key in $MAILSTROM_API_KEY."},
    {"timeout", "DURATION",
     "Give up after `90s`, `5m` or `1h30m`. Default: 30s for an answer, none for watching."},
    {"json", "", "For programs: one JSON object a line; errors too, on standard error."},
    {"help", "", "Show the command's help."},
};

constexpr Command kCommands[] = {
    {"send", "", 0, 0, "Hand an email over for delivery.",
     "Prints the email's id once the server has taken responsibility for it. Delivery goes on in "
     "the\n"
     "background; follow it with --wait, or later with `mailstrom watch`.\n"
     "\n"
     "  mailstrom send --from ann@a.test --to bob@b.test --subject Hello --text 'Hi Bob' --wait\n"
     "  mailstrom send --raw message.eml --envelope-from ann@a.test --envelope-to bob@b.test\n",
     kSendOptions},
    {"status", "EMAIL_ID", 1, 1, "Show where an email and each of its recipients stand.",
     "With --dialogue also what was said to mail servers in the last attempts, without content "
     "and\n"
     "passwords.\n",
     kStatusOptions},
    {"cancel",
     "EMAIL_ID",
     1,
     1,
     "Give up the recipients of an email that are not settled.",
     "Shows the email as it stands then. A recipient in the middle of an attempt settles by that\n"
     "attempt.\n",
     {}},
    {"list", "", 0, 0, "List emails, newest first.", "", kListOptions},
    {"watch", "EMAIL_ID...", 1, 1000, "Follow emails until all their recipients are settled.",
     "On a terminal, a table that is kept up to date; elsewhere, a line for each change. When the\n"
     "server restarts, the watch continues where it was.\n",
     kWatchOptions},
};

constexpr absl::string_view kExitCodes =
    "Exit codes:\n"
    "  0  done; with `watch` and `send --wait`: all recipients were delivered\n"
    "  1  `watch`, `send --wait`: some recipient failed\n"
    "  2  the command line is wrong, or a file that it names cannot be read\n"
    "  3  the server refused the request; sending it again as it is will not help\n"
    "  4  the server cannot be reached or cannot take more now; try again later\n"
    "  5  `watch`, `send --wait`: some recipient was not settled before --timeout\n"
    "  6  the server knows no such email\n"
    "  7  anything else went wrong\n";

// Two columns, the left one as wide as its widest entry.
std::string Columns(const std::vector<std::pair<std::string, std::string>>& rows) {
  size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row.first.size());
  std::string text;
  for (const auto& [left, right] : rows) {
    absl::StrAppend(&text, "  ", left, std::string(width - left.size() + 2, ' '), right, "\n");
  }
  return text;
}

std::string DescribeOptions(absl::Span<const Option> options) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Option& option : options) {
    std::string left = absl::StrCat("--", option.name);
    if (!option.value_name.empty()) absl::StrAppend(&left, " ", option.value_name);
    rows.emplace_back(left, absl::StrCat(option.help, option.repeated ? " Repeatable." : ""));
  }
  return Columns(rows);
}

}  // namespace

absl::Span<const Command> Commands() { return kCommands; }

const Command* FindCommand(absl::string_view name) {
  for (const Command& command : kCommands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

std::vector<Option> AllOptions(const Command& command) {
  std::vector<Option> options(command.options.begin(), command.options.end());
  options.insert(options.end(), std::begin(kSharedOptions), std::end(kSharedOptions));
  return options;
}

std::string GeneralHelp() {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Command& command : kCommands) {
    rows.emplace_back(command.name, command.summary);
  }
  rows.emplace_back("dkim", "Make keys that sign mail, and check their DNS records.");
  rows.emplace_back("help [COMMAND]", "Show this page, or that of a command.");
  return absl::StrCat(
      "Usage: mailstrom COMMAND [OPTION]...\n"
      "Sends email through a Mailstrom server and follows its delivery.\n"
      "\nCommands:\n",
      Columns(rows), "\nOptions of every command:\n", DescribeOptions(kSharedOptions), "\n",
      kExitCodes);
}

std::string CommandHelp(const Command& command) {
  std::string text = absl::StrCat("Usage: mailstrom ", command.name, " [OPTION]...",
                                  command.operands.empty() ? "" : " ", command.operands, "\n",
                                  command.summary, "\n");
  if (!command.details.empty()) absl::StrAppend(&text, "\n", command.details);
  absl::StrAppend(&text, "\nOptions:\n", DescribeOptions(AllOptions(command)), "\n", kExitCodes);
  return text;
}

}  // namespace mailstrom::cli
