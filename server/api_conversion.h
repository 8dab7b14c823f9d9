#ifndef MAILSTROM_SERVER_API_CONVERSION_H_
#define MAILSTROM_SERVER_API_CONVERSION_H_

// Between the API's messages and the values of storage and message. Nothing is decided here.

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "mailstrom/v1/content.pb.h"
#include "mailstrom/v1/email.pb.h"
#include "message/content.h"
#include "storage/records.h"
#include "storage/store.h"

namespace mailstrom::server {

google::protobuf::Timestamp ToTimestamp(absl::Time time);
absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp);

v1::Recipient ToApi(const storage::Recipient& recipient);
v1::Email ToApi(const storage::Email& email);
v1::StatusEvent ToApi(const storage::Event& event);
// `email`: the one whose dialogue it is. DataLoss: the stored form does not parse.
absl::StatusOr<v1::Dialogue> ToApi(const storage::Dialogue& dialogue, const storage::Email& email);

message::Content FromApi(const v1::Content& content);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_API_CONVERSION_H_
