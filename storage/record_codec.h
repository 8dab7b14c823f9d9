#ifndef MAILSTROM_STORAGE_RECORD_CODEC_H_
#define MAILSTROM_STORAGE_RECORD_CODEC_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/ordered_bytes.h"
#include "storage/records.h"

namespace mailstrom::storage {

// Records as bytes on disk, and back. What a record's key says is not in its bytes, so decoding is
// told it. Times keep whole nanoseconds. DataLoss: the bytes are no such record.

std::string EncodeEmailRecord(const EmailRecord& record);
absl::StatusOr<EmailRecord> DecodeEmailRecord(absl::string_view email_id, absl::string_view bytes);

std::string EncodeRecipient(const Recipient& recipient);
absl::StatusOr<Recipient> DecodeRecipient(absl::string_view bytes);

std::string EncodeEvent(const Event& event);
absl::StatusOr<Event> DecodeEvent(int64_t sequence, absl::string_view bytes);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_RECORD_CODEC_H_
