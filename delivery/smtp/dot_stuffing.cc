#include "delivery/smtp/dot_stuffing.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace mailstrom::delivery::smtp {
namespace {

bool StartsLine(absl::string_view message, size_t position) {
  return position == 0 || message[position - 1] == '\n' || message[position - 1] == '\r';
}

// The first dot in [begin, end) that must be doubled; `end` if none.
size_t FindLeadingDot(absl::string_view message, size_t begin, size_t end) {
  const absl::string_view searched = message.substr(0, end);
  size_t dot = searched.find('.', begin);
  while (dot != absl::string_view::npos && !StartsLine(message, dot)) {
    dot = searched.find('.', dot + 1);
  }
  return std::min(dot, end);
}

}  // namespace

DotStuffer::DotStuffer(absl::string_view message, size_t block_bytes)
    : message_(message), block_bytes_(std::max<size_t>(block_bytes, 1)) {}

absl::string_view DotStuffer::NextBlock() {
  if (done_) return absl::string_view();
  const size_t end = position_ + std::min(block_bytes_, message_.size() - position_);
  done_ = end == message_.size();
  size_t dot = FindLeadingDot(message_, position_, end);
  if (dot == end && !done_) {
    const absl::string_view block = message_.substr(position_, end - position_);
    position_ = end;
    return block;
  }
  scratch_.clear();
  while (position_ < end) {
    scratch_.append(message_.data() + position_, dot - position_);
    position_ = dot;
    if (dot == end) break;
    scratch_.append("..");
    position_ = dot + 1;
    dot = FindLeadingDot(message_, position_, end);
  }
  if (done_) {
    if (!message_.empty() && !absl::EndsWith(message_, "\r\n")) scratch_.append("\r\n");
    scratch_.append(".\r\n");
  }
  return scratch_;
}

}  // namespace mailstrom::delivery::smtp
