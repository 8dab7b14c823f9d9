#ifndef MAILSTROM_MESSAGE_FIELD_WRITER_H_
#define MAILSTROM_MESSAGE_FIELD_WRITER_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace mailstrom::message {

// Longest line that anything may have (RFC 5322 §2.1.1), without its CRLF.
inline constexpr size_t kMaxLineBytes = 998;

// The longest token that is never broken: it fits into a line of its own with what is glued to it.
inline constexpr size_t kMaxTokenBytes = 990;

// Writes one header field, folded so that lines stay within 78 octets where a place to fold allows
// it (RFC 5322 §2.2.3) and within 76 where encoded-words stand (RFC 2047 §2). Folds only before
// white space that stays part of the value, and never makes a line of white space alone.
class FieldWriter {
 public:
  // Begins the field at the end of `out`, which must outlive this.
  FieldWriter(absl::string_view name, std::string& out);
  FieldWriter(const FieldWriter&) = delete;
  FieldWriter& operator=(const FieldWriter&) = delete;

  // Adds `token`, at most kMaxTokenBytes and never broken, after a space.
  void AddToken(absl::string_view token) { AddToken(" ", token); }

  // Adds `token` on the line of the field's name, however long that gets: some readers keep the
  // space that folding there leaves at the front of the value.
  void AddFirstToken(absl::string_view token);

  // Adds a separator of one octet right behind the last token.
  void Glue(char separator) { out_.push_back(separator); }

  // Adds unstructured text (RFC 5322 §3.2.5), valid UTF-8 without line breaks and NUL. Reads back
  // equal: encoded-words carry what plain words cannot, and white space that readers would drop.
  void AddText(absl::string_view text);

  // Adds a display-name (RFC 5322 §3.4) of the same kind: as atoms, as a quoted-string or as
  // encoded-words. `suffix` is glued to it, but after a space where RFC 2047 §5 (3) asks for one.
  void AddPhrase(absl::string_view text, absl::string_view suffix);

  // Adds `; name=value` to a field of MIME, split and percent-encoded in UTF-8 (RFC 2231 §3 and §4)
  // where that is needed.
  void AddParameter(absl::string_view name, absl::string_view value);

  // Ends the line. Nothing may follow.
  void Finish();

 private:
  void AddToken(absl::string_view gap, absl::string_view token);
  void AddEncodedWords(absl::string_view gap, absl::string_view text);
  void AddExtendedParameter(absl::string_view name, absl::string_view value);
  void Fold();
  size_t column() const { return out_.size() - line_start_; }

  std::string& out_;
  size_t line_start_;
  size_t line_limit_;
};

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_FIELD_WRITER_H_
