#include "storage/store.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace mailstrom::storage {
namespace {

// Marks the status; its payload is empty.
constexpr char kRequestKeyReusedUrl[] = "mailstrom.storage/RequestKeyReused";

}  // namespace

absl::Status EmailUnknownError(absl::string_view email_id) {
  return absl::NotFoundError(absl::StrCat("email ", email_id, " is unknown"));
}

absl::Status RequestKeyReusedError(absl::string_view email_id) {
  absl::Status status = absl::AlreadyExistsError(
      absl::StrCat("the request id belongs to another request, which made email ", email_id));
  status.SetPayload(kRequestKeyReusedUrl, absl::Cord());
  return status;
}

bool IsRequestKeyReused(const absl::Status& status) {
  return status.GetPayload(kRequestKeyReusedUrl).has_value();
}

}  // namespace mailstrom::storage
