#ifndef MAILSTROM_STORAGE_RECORD_CODEC_H_
#define MAILSTROM_STORAGE_RECORD_CODEC_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/ordered_bytes.h"
#include "storage/records.h"
#include "storage/standing_order.h"
#include "storage/store.h"

namespace mailstrom::storage {

// Records as bytes on disk, and back. What a record's key says is not in its bytes, so decoding is
// told it. Times keep whole nanoseconds. DataLoss: the bytes are no such record.

std::string EncodeEmailRecord(const EmailRecord& record);
absl::StatusOr<EmailRecord> DecodeEmailRecord(absl::string_view email_id, absl::string_view bytes);

std::string EncodeRecipient(const Recipient& recipient);
absl::StatusOr<Recipient> DecodeRecipient(absl::string_view bytes);

// What a request key leads to.
struct KeyedRequest {
  std::string digest;
  std::string email_id;
  absl::Time expire_time;
};
std::string EncodeKeyedRequest(const KeyedRequest& request);
absl::StatusOr<KeyedRequest> DecodeKeyedRequest(absl::string_view bytes);

std::string EncodeCancelTime(absl::Time time);
absl::StatusOr<absl::Time> DecodeCancelTime(absl::string_view bytes);

std::string EncodeDialogue(const Dialogue& dialogue);
absl::StatusOr<Dialogue> DecodeDialogue(int64_t sequence, absl::string_view bytes);

std::string EncodeDamage(absl::string_view reason);
absl::StatusOr<std::string> DecodeDamage(absl::string_view bytes);

std::string EncodeOrder(const StandingOrder& order);
absl::StatusOr<StandingOrder> DecodeOrder(absl::string_view bytes);

std::string EncodeQueueTotals(const QueueTotals& totals);
absl::StatusOr<QueueTotals> DecodeQueueTotals(absl::string_view bytes);

std::string EncodeEvent(const Event& event);
// What stands in the place of an event that was damaged beyond repair.
std::string EncodeLostEvent();
// NotFound: the event is lost (see EncodeLostEvent).
absl::StatusOr<Event> DecodeEvent(int64_t sequence, absl::string_view bytes);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_RECORD_CODEC_H_
