#include "storage/migration.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "storage/email_index.h"
#include "storage/record_codec.h"
#include "storage/schema.h"
#include "storage/store.h"

namespace mailstrom::storage {
namespace {

// Emails brought up to date in one step.
constexpr size_t kEmailsPerStep = 1000;

// Version 2 has indexes for lists, and totals of the queue.
class ToVersion2 {
 public:
  explicit ToVersion2(Database& database) : database_(database) {}

  absl::Status Run() {
    std::string begin;
    while (true) {
      ASSIGN_OR_RETURN(std::vector<Email> emails, NextEmails(begin));
      if (emails.empty()) break;
      begin = absl::StrCat(emails.back().record.email_id, absl::string_view("\0", 1));
      RETURN_IF_ERROR(AddRecipients(emails));
      Database::Batch batch(database_);
      for (const Email& email : emails) {
        PutIntoIndexes(email, batch);
        Count(email);
      }
      RETURN_IF_ERROR(database_.Write(batch));
    }
    Database::Batch batch(database_);
    batch.Put(Family::kMeta, kQueueTotalsKey, EncodeQueueTotals(totals_));
    batch.Put(Family::kMeta, kSchemaVersionKey, "2");
    return database_.Write(batch);
  }

 private:
  // Emails from `begin` on, still without recipients.
  absl::StatusOr<std::vector<Email>> NextEmails(const std::string& begin) const {
    std::vector<Email> emails;
    RETURN_IF_ERROR(database_.Scan(
        Family::kEmails, begin, "", [&](absl::string_view key, absl::string_view value) {
          absl::StatusOr<EmailRecord> record = DecodeEmailRecord(key, value);
          if (record.ok()) emails.push_back({*std::move(record), {}});
          return emails.size() < kEmailsPerStep;
        }));
    return emails;
  }

  absl::Status AddRecipients(std::vector<Email>& emails) const {
    for (Email& email : emails) {
      const std::string& id = email.record.email_id;
      RETURN_IF_ERROR(database_.Scan(Family::kRecipients, RecipientKey(id, 0),
                                     RecipientKey(id, email.record.recipient_count),
                                     [&](absl::string_view, absl::string_view value) {
                                       absl::StatusOr<Recipient> recipient = DecodeRecipient(value);
                                       if (recipient.ok())
                                         email.recipients.push_back(*std::move(recipient));
                                       return true;
                                     }));
    }
    return absl::OkStatus();
  }

  void Count(const Email& email) {
    int64_t unsettled = 0;
    for (const Recipient& recipient : email.recipients) {
      if (!IsFinal(recipient.state)) ++unsettled;
    }
    if (unsettled == 0) return;
    ++totals_.emails;
    totals_.bytes += email.record.size_bytes;
    totals_.recipients += unsettled;
  }

  Database& database_;
  QueueTotals totals_;
};

}  // namespace

absl::Status Migrate(Database& database) {
  ASSIGN_OR_RETURN(const std::string text, database.Get(Family::kMeta, kSchemaVersionKey));
  int version = 0;
  if (!absl::SimpleAtoi(text, &version)) {
    return absl::DataLossError("the database's schema version does not parse");
  }
  if (version >= kSchemaVersion) return absl::OkStatus();
  LogInfo("database is brought up to date", {{"from", version}, {"to", kSchemaVersion}});
  return ToVersion2(database).Run();
}

}  // namespace mailstrom::storage
