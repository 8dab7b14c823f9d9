// mailstrom-store: looks into the database of a server, verifies, copies and repairs it.

#include <getopt.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/random_source.h"
#include "base/status_macros.h"
#include "storage/database.h"
#include "storage/record_codec.h"
#include "storage/records.h"
#include "storage/repair.h"
#include "storage/salvage.h"
#include "storage/schema.h"
#include "storage/verification.h"

namespace mailstrom::storage {
namespace {

constexpr int kOk = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;

constexpr char kHelp[] =
    "usage: mailstrom-store [OPTIONS] COMMAND DATABASE [ARGUMENT]\n"
    "  inspect DATABASE          counts by state, records and sizes by kind\n"
    "  show DATABASE EMAIL_ID    one email and its recipients\n"
    "  verify DATABASE           checksums, every record, and records against each other;\n"
    "                            exits with 1 when something is wrong\n"
    "  backup DATABASE FOLDER    copies it into FOLDER, which must not exist\n"
    "  repair DATABASE           makes its records agree again; what is taken out goes to\n"
    "                            DATABASE.quarantine. Copies it to DATABASE.before-repair first\n"
    "  salvage DATABASE FOLDER   copies what can still be read of a database with damaged files\n"
    "                            into FOLDER, which must not exist, and repairs that\n"
    "  --json                    prints JSON (inspect, show, verify)\n"
    "  --dry-run                 repair: only says what it would do\n"
    "  --no-backup               repair: without the copy\n"
    "  --help                    prints this and exits\n"
    "All but repair change nothing. Give them a database that no server writes to, or a backup.\n"
    "A running server makes a backup on SIGUSR1.\n";

struct Flags {
  bool json = false;
  bool dry_run = false;
  bool no_backup = false;
};

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "mailstrom-store: %s\n", status.ToString().c_str());
  return kFailed;
}

// A JSON string. Bytes that are not printable ASCII become \u00XX, one for each byte.
std::string Quoted(absl::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte > 0x7e) {
      absl::StrAppend(&out, "\\u00", absl::Hex(byte, absl::kZeroPad2));
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string JsonObject(const Fields& fields) {
  std::string out = "{";
  for (const auto& [name, value] : fields) {
    absl::StrAppend(&out, out.size() > 1 ? ", " : "", Quoted(name), ": ", value);
  }
  return out + "}";
}

std::string JsonList(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) absl::StrAppend(&out, out.size() > 1 ? ", " : "", item);
  return out + "]";
}

void PrintCounts(const Verification& found, bool json) {
  const Fields states = {{"queued", absl::StrCat(found.queued)},
                         {"deferred", absl::StrCat(found.deferred)},
                         {"delivered", absl::StrCat(found.delivered)},
                         {"failed", absl::StrCat(found.failed)}};
  if (json) {
    Fields families;
    for (int i = 0; i < kFamilyCount; ++i) {
      families.emplace_back(FamilyName(static_cast<Family>(i)),
                            JsonObject({{"records", absl::StrCat(found.records[i])},
                                        {"bytes", absl::StrCat(found.bytes[i])}}));
    }
    std::vector<std::string> problems;
    for (const std::string& problem : found.problems) problems.push_back(Quoted(problem));
    std::printf("%s\n", JsonObject({{"schema_version", absl::StrCat(kSchemaVersion)},
                                    {"settled_emails", absl::StrCat(found.settled_emails)},
                                    {"recipients", JsonObject(states)},
                                    {"families", JsonObject(families)},
                                    {"problem_count", absl::StrCat(found.problem_count)},
                                    {"problems", JsonList(problems)}})
                            .c_str());
    return;
  }
  std::printf("schema version %d\n", kSchemaVersion);
  std::printf("settled emails %lld\n", static_cast<long long>(found.settled_emails));
  for (const auto& [name, value] : states) {
    std::printf("%s recipients %s\n", name.c_str(), value.c_str());
  }
  for (int i = 0; i < kFamilyCount; ++i) {
    std::printf("%-14s %12lld records %15lld bytes\n",
                std::string(FamilyName(static_cast<Family>(i))).c_str(),
                static_cast<long long>(found.records[i]), static_cast<long long>(found.bytes[i]));
  }
}

int Inspect(const Database& database, bool json) {
  const absl::StatusOr<Verification> found = VerifyDatabase(database);
  if (!found.ok()) return Fail(found.status());
  PrintCounts(*found, json);
  return kOk;
}

int Verify(const Database& database, bool json) {
  if (const absl::Status status = database.VerifyChecksums(); !status.ok()) return Fail(status);
  const absl::StatusOr<Verification> found = VerifyDatabase(database);
  if (!found.ok()) return Fail(found.status());
  if (json) {
    PrintCounts(*found, json);
  } else {
    for (const std::string& problem : found->problems) std::printf("%s\n", problem.c_str());
    std::printf("%lld problems\n", static_cast<long long>(found->problem_count));
  }
  return found->problem_count == 0 ? kOk : kFailed;
}

absl::string_view NameOf(RecipientState state) {
  switch (state) {
    case RecipientState::kQueued:
      return "QUEUED";
    case RecipientState::kDeferred:
      return "DEFERRED";
    case RecipientState::kDelivered:
      return "DELIVERED";
    case RecipientState::kFailed:
      return "FAILED";
  }
  return "";
}

Fields FieldsOf(const absl::StatusOr<Recipient>& recipient) {
  if (!recipient.ok()) return {{"damaged", Quoted(recipient.status().message())}};
  Fields fields = {{"address", Quoted(recipient->address)},
                   {"state", Quoted(NameOf(recipient->state))},
                   {"attempts", absl::StrCat(recipient->attempt_count)},
                   {"revision", absl::StrCat(recipient->revision)}};
  if (!IsFinal(recipient->state)) {
    fields.emplace_back("next_attempt_time", Quoted(absl::FormatTime(recipient->next_attempt_time,
                                                                     absl::UTCTimeZone())));
  }
  if (recipient->last_attempt.has_value()) {
    fields.emplace_back("last_attempt", Quoted(recipient->last_attempt->description));
  }
  return fields;
}

int Show(const Database& database, const std::string& email_id, bool json) {
  const absl::StatusOr<std::string> bytes = database.Get(Family::kEmails, email_id);
  if (!bytes.ok()) return Fail(bytes.status());
  const absl::StatusOr<EmailRecord> record = DecodeEmailRecord(email_id, *bytes);
  if (!record.ok()) return Fail(record.status());
  Fields fields = {
      {"email_id", Quoted(email_id)},
      {"message_id", Quoted(record->message_id)},
      {"reverse_path", Quoted(record->reverse_path)},
      {"accept_time", Quoted(absl::FormatTime(record->accept_time, absl::UTCTimeZone()))},
      {"expire_time", Quoted(absl::FormatTime(record->expire_time, absl::UTCTimeZone()))},
      {"size_bytes", absl::StrCat(record->size_bytes)},
      {"has_content", database.Get(Family::kContents, email_id).ok() ? "true" : "false"}};
  std::vector<Fields> recipients;
  for (int i = 0; i < record->recipient_count; ++i) {
    const absl::StatusOr<std::string> value =
        database.Get(Family::kRecipients, RecipientKey(email_id, i));
    recipients.push_back(FieldsOf(value.ok() ? DecodeRecipient(*value) : value.status()));
  }
  if (json) {
    std::vector<std::string> items;
    for (const Fields& recipient : recipients) items.push_back(JsonObject(recipient));
    fields.emplace_back("recipients", JsonList(items));
    std::printf("%s\n", JsonObject(fields).c_str());
    return kOk;
  }
  for (const auto& [name, value] : fields) std::printf("%s: %s\n", name.c_str(), value.c_str());
  for (const Fields& recipient : recipients) {
    for (const auto& [name, value] : recipient) {
      std::printf("%s%s: %s\n", name == recipient.front().first ? "- " : "  ", name.c_str(),
                  value.c_str());
    }
  }
  return kOk;
}

// Takes an existing database for this process alone.
absl::StatusOr<std::unique_ptr<Database>> OpenForWriting(const std::string& path) {
  // Opening would make a database that does not exist.
  RETURN_IF_ERROR(Database::OpenForReading({.path = path}).status());
  SystemRandomSource random;
  return Database::Open({.path = path}, random);
}

// Takes the database for itself, so that nothing changes while it is copied.
int BackUp(const std::string& path, const std::string& folder) {
  const absl::StatusOr<std::unique_ptr<Database>> database = OpenForWriting(path);
  if (!database.ok()) return Fail(database.status());
  const absl::Status status = (*database)->BackUp(folder);
  return status.ok() ? kOk : Fail(status);
}

void PrintRepair(const Repair& repair) {
  for (const std::string& change : repair.changes) std::printf("%s\n", change.c_str());
  std::printf("%lld changes, %lld records set aside, %lld recipients given up\n",
              static_cast<long long>(repair.change_count), static_cast<long long>(repair.set_aside),
              static_cast<long long>(repair.given_up));
}

int RepairIt(std::string path, const Flags& flags) {
  // Its neighbours, not what lies in it.
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const absl::StatusOr<std::unique_ptr<Database>> database = OpenForWriting(path);
  if (!database.ok()) return Fail(database.status());
  RepairOptions options{.quarantine_folder = absl::StrCat(path, ".quarantine"),
                        .dry_run = flags.dry_run,
                        .now = SystemClock().Now()};
  if (!flags.dry_run && !flags.no_backup) {
    const std::string copy = absl::StrCat(path, ".before-repair");
    if (const absl::Status status = (*database)->BackUp(copy); !status.ok()) {
      std::fprintf(stderr, "mailstrom-store: %s: not copied, so nothing was repaired\n",
                   copy.c_str());
      return Fail(status);
    }
    std::printf("copied to %s\n", copy.c_str());
  }
  const absl::StatusOr<Repair> repair = RepairDatabase(**database, options);
  if (!repair.ok()) return Fail(repair.status());
  PrintRepair(*repair);
  return flags.dry_run ? kOk : Verify(**database, /*json=*/false);
}

int SalvageIt(const std::string& path, const std::string& folder) {
  if (access(folder.c_str(), F_OK) == 0) {
    return Fail(absl::AlreadyExistsError(absl::StrCat(folder, " exists")));
  }
  const absl::StatusOr<std::unique_ptr<Database>> damaged =
      Database::OpenForReading({.path = path, .is_damaged = true});
  if (!damaged.ok()) return Fail(damaged.status());
  SystemRandomSource random;
  const absl::StatusOr<std::unique_ptr<Database>> copy = Database::Open({.path = folder}, random);
  if (!copy.ok()) return Fail(copy.status());
  const absl::StatusOr<Salvage> salvage = SalvageRecords(**damaged, **copy);
  if (!salvage.ok()) return Fail(salvage.status());
  std::printf("%lld records copied, %lld gaps\n", static_cast<long long>(salvage->records),
              static_cast<long long>(salvage->gaps));
  const absl::StatusOr<Repair> repair = RepairDatabase(
      **copy,
      {.quarantine_folder = absl::StrCat(folder, ".quarantine"), .now = SystemClock().Now()});
  if (!repair.ok()) return Fail(repair.status());
  PrintRepair(*repair);
  return Verify(**copy, /*json=*/false);
}

int Usage() {
  std::fputs(kHelp, stderr);
  return kUsage;
}

int Main(int argc, char** argv) {
  static constexpr option kOptions[] = {{"json", no_argument, nullptr, 'j'},
                                        {"dry-run", no_argument, nullptr, 'd'},
                                        {"no-backup", no_argument, nullptr, 'n'},
                                        {"help", no_argument, nullptr, 'h'},
                                        {nullptr, 0, nullptr, 0}};
  Flags flags;
  for (int code; (code = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    if (code == 'h') {
      std::fputs(kHelp, stdout);
      return kOk;
    }
    if (code == '?') return Usage();
    if (code == 'j') flags.json = true;
    if (code == 'd') flags.dry_run = true;
    if (code == 'n') flags.no_backup = true;
  }
  const std::vector<std::string> words(argv + optind, argv + argc);
  if (words.size() < 2) return Usage();
  const std::string& command = words[0];
  const bool takes_argument = command == "show" || command == "backup" || command == "salvage";
  if (words.size() != (takes_argument ? 3u : 2u)) return Usage();
  if (command == "backup") return BackUp(words[1], words[2]);
  if (command == "salvage") return SalvageIt(words[1], words[2]);
  if (command == "repair") return RepairIt(words[1], flags);
  if (command != "inspect" && command != "verify" && command != "show") return Usage();
  const absl::StatusOr<std::unique_ptr<Database>> database =
      Database::OpenForReading({.path = words[1]});
  if (!database.ok()) return Fail(database.status());
  if (command == "inspect") return Inspect(**database, flags.json);
  if (command == "verify") return Verify(**database, flags.json);
  return Show(**database, words[2], flags.json);
}

}  // namespace
}  // namespace mailstrom::storage

int main(int argc, char** argv) { return mailstrom::storage::Main(argc, argv); }
