#ifndef MAILSTROM_MESSAGE_ENCODED_WORD_DECODER_H_
#define MAILSTROM_MESSAGE_ENCODED_WORD_DECODER_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace mailstrom::message {

// One encoded-word (RFC 2047 §2), its transfer encoding undone.
struct EncodedWord {
  // Without the language that RFC 2231 §5 allows behind it.
  std::string charset;
  std::string bytes;
  // In octets, as it is written.
  size_t length = 0;
};

// The encoded-word with which `text` begins, if any. More than 75 octets are accepted.
std::optional<EncodedWord> ParseEncodedWord(absl::string_view text);

// Puts decoded text together from its pieces. Characters that an encoder split between two
// encoded-words come out whole.
class EncodedWordDecoder {
 public:
  // `source` is how the word is written, and what is left of it when its charset is not known.
  void AddEncodedWord(const EncodedWord& word, absl::string_view source);
  void AddPlain(absl::string_view text);
  std::string Finish() &&;

 private:
  void Flush();

  std::string text_;
  // Encoded-words of one charset in a row.
  std::string pending_charset_;
  std::string pending_bytes_;
  std::string pending_source_;
};

// Unstructured text (RFC 5322 §3.2.5) with its encoded-words decoded: white space between two of
// them is dropped, other white space stays. What is no encoded-word stays as it is.
std::string DecodeEncodedWords(absl::string_view text);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_ENCODED_WORD_DECODER_H_
