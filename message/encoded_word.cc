#include "message/encoded_word.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "message/utf8.h"

namespace mailstrom::message {
namespace {

constexpr absl::string_view kOpening = "=?utf-8?q?";
constexpr absl::string_view kClosing = "?=";
constexpr size_t kFrameBytes = 12;
constexpr absl::string_view kHexDigits = "0123456789ABCDEF";

// What Q may leave as it is in any place, a phrase included (RFC 2047 §5 (3)).
bool IsPlainInQ(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '!' || c == '*' || c == '+' ||
         c == '-' || c == '/';
}

size_t QSize(char c) { return IsPlainInQ(c) || c == ' ' ? 1 : 3; }

size_t QSize(absl::string_view text) {
  size_t size = 0;
  for (const char c : text) size += QSize(c);
  return size;
}

size_t BSize(size_t size) { return (size + 2) / 3 * 4; }

void AppendQ(absl::string_view text, std::string& out) {
  for (const char c : text) {
    if (IsPlainInQ(c)) {
      out.push_back(c);
    } else if (c == ' ') {
      out.push_back('_');
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back('=');
      out.push_back(kHexDigits[byte >> 4]);
      out.push_back(kHexDigits[byte & 15]);
    }
  }
}

// How many octets of whole characters at the front of `text` encode into `room` octets.
size_t FittingPrefix(absl::string_view text, WordEncoding encoding, size_t room) {
  size_t taken = 0;
  size_t q_size = 0;
  size_t unpadded = 0;
  while (taken < text.size()) {
    const size_t length = std::max<size_t>(1, Utf8SequenceLength(text.substr(taken)));
    q_size += QSize(text.substr(taken, length));
    if ((encoding == WordEncoding::kQ ? q_size : BSize(taken + length)) > room) break;
    taken += length;
    if (taken % 3 == 0) unpadded = taken;
  }
  // Readers join what neighbouring words of one encoding hold before they decode it, and stop at
  // padding: only the last one may have any.
  return encoding == WordEncoding::kQ || taken == text.size() ? taken : unpadded;
}

}  // namespace

WordEncoding ShorterWordEncoding(absl::string_view text) {
  return QSize(text) <= BSize(text.size()) ? WordEncoding::kQ : WordEncoding::kB;
}

size_t AppendEncodedWord(absl::string_view text, WordEncoding encoding, size_t room,
                         std::string& out) {
  const size_t content_room = std::min(room, kMaxEncodedWordBytes) - kFrameBytes;
  size_t taken = FittingPrefix(text, encoding, content_room);
  if (taken == 0) {
    encoding = WordEncoding::kQ;
    taken = FittingPrefix(text, encoding, content_room);
  }
  const absl::string_view content = text.substr(0, taken);
  out.append(kOpening.data(), kOpening.size());
  if (encoding == WordEncoding::kQ) {
    AppendQ(content, out);
  } else {
    out[out.size() - 2] = 'b';
    absl::StrAppend(&out, absl::Base64Escape(content));
  }
  out.append(kClosing.data(), kClosing.size());
  return taken;
}

}  // namespace mailstrom::message
