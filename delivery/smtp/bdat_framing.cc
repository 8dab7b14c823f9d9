#include "delivery/smtp/bdat_framing.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace mailstrom::delivery::smtp {

BdatFramer::BdatFramer(absl::string_view message, size_t block_bytes)
    : message_(message),
      block_bytes_(std::max<size_t>(block_bytes, 1)),
      add_line_end_(!message.empty() && !absl::EndsWith(message, "\r\n")) {}

absl::string_view BdatFramer::NextBlock() {
  if (done_) return absl::string_view();
  const bool first = position_ == 0;
  const absl::string_view piece = message_.substr(position_, block_bytes_);
  position_ += piece.size();
  done_ = position_ == message_.size();
  if (!first && !(done_ && add_line_end_)) return piece;
  scratch_.clear();
  if (first) {
    absl::StrAppend(&scratch_, "BDAT ", message_.size() + (add_line_end_ ? 2 : 0), " LAST\r\n");
  }
  absl::StrAppend(&scratch_, piece, done_ && add_line_end_ ? "\r\n" : "");
  return scratch_;
}

}  // namespace mailstrom::delivery::smtp
