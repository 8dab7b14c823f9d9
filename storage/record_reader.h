#ifndef MAILSTROM_STORAGE_RECORD_READER_H_
#define MAILSTROM_STORAGE_RECORD_READER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/damage_log.h"
#include "storage/database.h"
#include "storage/event_tail.h"
#include "storage/records.h"
#include "storage/retention.h"
#include "storage/store.h"

namespace mailstrom::storage {

// Reads what a store is asked for. Thread-safe; blocks on the disk.
class RecordReader {
 public:
  // All must outlive the reader.
  RecordReader(const Database& database, const EventTail& tail, const Retention& retention,
               DamageLog& damage)
      : database_(database), tail_(tail), retention_(retention), damage_(damage) {}

  // See Store.
  absl::StatusOr<Email> ReadEmail(const std::string& email_id) const;
  absl::StatusOr<std::shared_ptr<const std::string>> ReadContent(const std::string& email_id) const;
  // Nothing after `last` is shown. An event that does not parse is left out.
  absl::StatusOr<EventBatch> ReadEvents(int64_t after, int max_events, int64_t last) const;
  absl::StatusOr<std::vector<Dialogue>> ReadDialogues(const std::string& email_id) const;

  // The email of which `record` was read. NotFound: it is past its retention.
  absl::StatusOr<Email> ReadEmailOf(EmailRecord record) const;

 private:
  absl::StatusOr<std::vector<Recipient>> ReadRecipients(const EmailRecord& record) const;
  absl::StatusOr<EventBatch> ReadPresentEvents(int64_t after, int max_events, int64_t last) const;
  absl::Status ReadSingly(
      const EmailRecord& record,
      absl::FunctionRef<bool(absl::string_view key, absl::string_view value)> add) const;
  absl::StatusOr<EventBatch> ScanEvents(int64_t after, int max_events, int64_t last) const;

  const Database& database_;
  const EventTail& tail_;
  const Retention& retention_;
  DamageLog& damage_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_RECORD_READER_H_
