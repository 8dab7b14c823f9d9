#include "server/cursor.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace mailstrom::server {
namespace {

constexpr absl::string_view kVersion = "1";

}  // namespace

std::string FormatCursor(const Cursor& cursor) {
  return absl::WebSafeBase64Escape(
      absl::StrCat(kVersion, " ", cursor.log_id, " ", cursor.sequence, " ", cursor.snapshots));
}

absl::StatusOr<Cursor> ParseCursor(absl::string_view text) {
  std::string plain;
  Cursor cursor;
  if (text.size() <= 256 && absl::WebSafeBase64Unescape(text, &plain)) {
    const std::vector<absl::string_view> parts = absl::StrSplit(plain, ' ');
    if (parts.size() == 4 && parts[0] == kVersion && absl::SimpleAtoi(parts[2], &cursor.sequence) &&
        absl::SimpleAtoi(parts[3], &cursor.snapshots) && cursor.sequence >= 0 &&
        cursor.snapshots >= 0) {
      cursor.log_id = std::string(parts[1]);
      return cursor;
    }
  }
  return absl::InvalidArgumentError("is no cursor of an earlier response");
}

}  // namespace mailstrom::server
