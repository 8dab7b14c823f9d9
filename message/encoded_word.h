#ifndef MAILSTROM_MESSAGE_ENCODED_WORD_H_
#define MAILSTROM_MESSAGE_ENCODED_WORD_H_

// Encoded-words (RFC 2047): text outside ASCII in header fields.

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace mailstrom::message {

// Longest encoded-word, and longest line that holds one (RFC 2047 §2).
inline constexpr size_t kMaxEncodedWordBytes = 75;
inline constexpr size_t kMaxEncodedWordLineBytes = 76;

// Room in which any character can be encoded.
inline constexpr size_t kMinEncodedWordBytes = 24;

enum class WordEncoding { kQ, kB };

// The encoding that takes fewer octets for `text`; Q when they are equal.
WordEncoding ShorterWordEncoding(absl::string_view text);

// Appends to `out` one encoded-word of at most `room` octets (from kMinEncodedWordBytes up, and
// never over kMaxEncodedWordBytes) that holds as many whole characters from the front of `text` as
// fit, in UTF-8 and with the characters that §5 (3) allows even in a phrase. Returns how many
// octets of `text` it holds. `text` is valid UTF-8 and not empty. Where B would need padding before
// the end of `text`, which many readers trip over, Q takes its place.
size_t AppendEncodedWord(absl::string_view text, WordEncoding encoding, size_t room,
                         std::string& out);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_ENCODED_WORD_H_
