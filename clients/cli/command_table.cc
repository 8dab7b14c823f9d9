#include "clients/cli/command_table.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "clients/cli/queue_options.h"

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
    {"from-file", "FILE", "Send many emails: those of a CSV or mailbox file; see below."},
    {"format", "FORMAT", "What that file is. Default: as its name or beginning says.", false,
     "csv mbox"},
    {"skip-bad", "", "Leave out what is wrong in the file, instead of sending nothing."},
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

constexpr Option kDkimKeygenOptions[] = {
    {"domain", "DOMAIN", "Domain that signs: that of the authors, or one above it."},
    {"selector", "NAME", "Name of the key in DNS; a new key needs a new one."},
    {"out", "FILE", "Where the private key goes, which must not exist yet."},
    {"type", "TYPE", "Default: rsa, which all receivers verify.", false, "rsa ed25519"},
    {"bits", "BITS", "Size of an RSA key, 1024 to 4096. Default: 2048."},
};

constexpr Option kKeyNewOptions[] = {
    {"out", "FILE", "Where the key goes, which must not exist yet. Default: standard output."},
};

constexpr Option kDkimCheckOptions[] = {
    {"domain", "DOMAIN", "Domain that signs: that of the authors, or one above it."},
    {"selector", "NAME", "Name of the key in DNS."},
    {"key", "FILE", "The private key."},
    {"dns", "SERVER", "DNS server to ask, such as 192.0.2.53. Default: the machine's own."},
};

constexpr Option kDoctorOptions[] = {
    {"selector", "NAME", "Name of a DKIM key in DNS.", true},
    {"dkim-key", "FILE", "The private key of that name, with which DNS has to agree."},
    {"helo", "NAME", "What the server calls itself: its `host_name`."},
    {"address", "ADDRESS", "From which it sends. Default: those of --helo.", true},
    {"blocklist", "ZONE", "List of blocked senders to ask, such as zen.spamhaus.org.", true},
    {"dns", "SERVER", "DNS server to ask, such as 192.0.2.53. Default: the machine's own.", true},
    {"ca-file", "FILE", "Authorities that certificates are verified by. Default: the system's."},
};

constexpr Option kConnectionOptions[] = {
    {"server", "HOST:PORT", "Server. Default: $MAILSTROM_SERVER, or 127.0.0.1:2626."},
    {"tls", "", "Encrypt, and verify the server's certificate by the system's authorities."},
    {"ca-file", "FILE", "The same by the authorities in a PEM file. Default: $MAILSTROM_CA_FILE."},
    {"certificate-file", "FILE", "Certificate of this client, in PEM; needs the next one."},
    {"private-key-file", "FILE", "Its private key, in PEM."},
    {"api-key-file", "FILE",
     "Key to show. Default: $MAILSTROM_API_KEY_FILE, or the key in $MAILSTROM_API_KEY."},
    {"timeout", "DURATION",
     "Give up after `90s`, `5m` or `1h30m`. Default: 30s for an answer, none for watching."},
};

constexpr Option kCommonOptions[] = {
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
     "  mailstrom send --raw message.eml --envelope-from ann@a.test --envelope-to bob@b.test\n"
     "  mailstrom send --from-file people.csv --from ann@a.test --subject 'Hi {name}' \\\n"
     "    --text-file letter.txt\n"
     "\n"
     "The first line of a CSV file (RFC 4180) names its columns. `from`, `to`, `cc`, `bcc`, "
     "`reply-to`,\n"
     "`subject`, `text`, `html` and `tag.KEY` are parts of the email, and go before the options "
     "of\n"
     "those names. In --subject, --text and --html, `{name}` stands for the column `name`, and\n"
     "`{{name}}` for `{name}`. Messages of a mailbox file (mboxrd) go as they are, to the people "
     "in\n"
     "their headers or those of --envelope-to.\n"
     "\n"
     "The file is read twice: nothing is sent while something in it is wrong. The same command "
     "within\n"
     "a day sends no email again, so after a break it goes on where it ended; --request-id gives "
     "the\n"
     "mailing a name of its own, under which the file may change behind what has been sent.\n",
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
    {"top", "", 0, 0, "Show the queue by site, and keep it up to date.",
     "On a terminal until it is interrupted; elsewhere, and with --json, once. For administrators, "
     "as\n"
     "all of `mailstrom queue`.\n",
     kTopOptions},
    {"queue summary", "", 0, 0, "Count the queue by site.",
     "DEFER: attempted before; HELD: held back by an operator; AGE: of the oldest; NEXT: until the "
     "next\n"
     "attempt is due; CONN: attempts under way, and how many the site bears. STATE: open; failing, "
     "and\n"
     "left alone for a while; held; new, so that its hosts are not known yet.\n",
     kQueueSummaryOptions},
    {"queue list", "", 0, 0, "List recipients in the queue, in the order in which they are due.",
     "", kQueueListOptions},
    {"queue explain",
     "EMAIL_ID [RECIPIENT]",
     1,
     2,
     "Say why recipients of an email are not moving, and what happens next.",
     "",
     {}},
    {"queue suspend", "", 0, 0, "Attempt nothing of a part of the mail, until it is resumed.",
     "Outlives a restart of the server. Attempts under way end as they will; what is held back "
     "costs no\n"
     "attempts, but its lifetime goes on.\n"
     "\n"
     "  mailstrom queue suspend --domain a.test --for 4h --reason 'their disk is full'\n",
     kQueueSuspendOptions},
    {"queue resume", "", 0, 0, "Take a suspension back: delivery starts at once.", "",
     kQueueScopeOptions},
    {"queue suspensions", "", 0, 0, "List all suspensions.", "", {}},
    {"queue retry", "", 0, 0, "Attempt recipients now that wait for a later time.",
     "Sites that have failed are tried again, too. What an operator suspended stays so.\n"
     "\n"
     "  mailstrom queue retry --site mx.a.test\n",
     kQueueFilterOptions},
    {"queue cancel", "", 0, 0, "Give up recipients in the queue.",
     "What is cancelled stays so, also when the command is interrupted; begin again then.\n"
     "\n"
     "  mailstrom queue cancel --tag campaign=spring\n",
     kQueueFilterOptions},
    {"queue reroute", "", 0, 0, "Send a part of the mail to another host, until that is ended.",
     "Outlives a restart of the server. What waits for a retry goes there when it is due, or at "
     "once by\n"
     "`mailstrom queue retry`.\n"
     "\n"
     "  mailstrom queue reroute --domain a.test --to mx.b.test:2525\n"
     "  mailstrom queue reroute --domain a.test --end\n",
     kQueueRerouteOptions},
    {"queue reroutes", "", 0, 0, "List what goes elsewhere.", "", {}},
    {"queue drain", "", 0, 0, "Begin no more attempts, and let those under way end.",
     "The server accepts emails as before, and says that it is not ready. It ends with the "
     "process, or\n"
     "by --end.\n",
     kQueueDrainOptions},
    {"queue log-level",
     "[LEVEL]",
     0,
     1,
     "Show or change which log lines the server writes, until it ends.",
     "",
     {},
     /*calls_server=*/true,
     "debug info warning error"},
    {"doctor", "DOMAIN", 1, 1, "Check what receivers look at before they trust a domain's mail.",
     "SPF, DKIM, DMARC, the names and addresses of the sending server, blocklists, and the way\n"
     "back: MX hosts with STARTTLS and their certificates, MTA-STS. Says what is wrong and how to\n"
     "mend it, with the DNS record to publish.\n"
     "\n"
     "  mailstrom doctor a.test --selector s2026 --helo mail.a.test\n",
     kDoctorOptions, /*calls_server=*/false},
    {"dkim keygen", "", 0, 0, "Make a key that signs mail (RFC 6376, RFC 8463).",
     "Writes a new private key to a file and prints the DNS record that publishes it.\n"
     "\n"
     "  mailstrom dkim keygen --domain a.test --selector s2026 --out s2026.pem\n",
     kDkimKeygenOptions, /*calls_server=*/false},
    {"dkim check", "", 0, 0, "Compare the DNS record of a key with the key.",
     "\n"
     "  mailstrom dkim check --domain a.test --selector s2026 --key s2026.pem\n",
     kDkimCheckOptions, /*calls_server=*/false},
    {"key new", "", 0, 0, "Make an API key, with which callers show who they are.",
     "Prints the key, which is kept nowhere else, and on the next line what the server's access\n"
     "file has of it, for `keys` of a tenant. Callers give it by --api-key-file,\n"
     "$MAILSTROM_API_KEY_FILE or $MAILSTROM_API_KEY.\n"
     "\n"
     "  mailstrom key new --out shop.key\n",
     kKeyNewOptions, /*calls_server=*/false},
    {"completion",
     "SHELL",
     1,
     1,
     "Print a script that completes commands and options in a shell.",
     "For bash, in ~/.bashrc or a file of /etc/bash_completion.d; for zsh, in a file `_mailstrom` "
     "of\n"
     "$fpath; for fish, in ~/.config/fish/completions/mailstrom.fish:\n"
     "\n"
     "  source <(mailstrom completion bash)\n",
     {},
     /*calls_server=*/false,
     "bash zsh fish"},
    {"help",
     "[COMMAND]",
     0,
     2,
     "Show what the commands do, or one of them.",
     "",
     {},
     /*calls_server=*/false},
    {"version", "", 0, 0, "Show the version of this program.", "", {}, /*calls_server=*/false},
};

}  // namespace

absl::Span<const Command> Commands() { return kCommands; }

const Command* FindCommand(absl::string_view name) {
  for (const Command& command : Commands()) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

const Command* MatchCommand(absl::Span<const std::string> words) {
  for (size_t count = std::min<size_t>(words.size(), 2); count > 0; --count) {
    const Command* const command = FindCommand(absl::StrJoin(words.first(count), " "));
    if (command != nullptr && CountWords(*command) == count) return command;
  }
  return nullptr;
}

std::vector<const Command*> CommandsOfGroup(absl::string_view group) {
  std::vector<const Command*> commands;
  for (const Command& command : Commands()) {
    const absl::string_view name = command.name;
    if (name.size() > group.size() && absl::StartsWith(name, group) && name[group.size()] == ' ') {
      commands.push_back(&command);
    }
  }
  return commands;
}

size_t CountWords(const Command& command) {
  return 1 + static_cast<size_t>(std::count(command.name.begin(), command.name.end(), ' '));
}

absl::Span<const Option> ConnectionOptions() { return kConnectionOptions; }

absl::Span<const Option> CommonOptions() { return kCommonOptions; }

std::vector<Option> AllOptions(const Command& command) {
  std::vector<Option> options(command.options.begin(), command.options.end());
  if (command.calls_server) {
    options.insert(options.end(), std::begin(kConnectionOptions), std::end(kConnectionOptions));
  }
  options.insert(options.end(), std::begin(kCommonOptions), std::end(kCommonOptions));
  return options;
}

}  // namespace mailstrom::cli
