#ifndef MAILSTROM_DELIVERY_DIALOGUE_TEXT_H_
#define MAILSTROM_DELIVERY_DIALOGUE_TEXT_H_

// The dialogue of an attempt in the form in which it is stored. Pure.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mailstrom::delivery {

// One line that was said on the wire, or a remark on what happened there.
struct DialogueLine {
  enum class Speaker { kClient, kServer, kNote };
  // To the microsecond.
  absl::Time time;
  Speaker speaker = Speaker::kNote;
  // Without its line end; valid UTF-8 without control characters.
  std::string text;
};

// One text line for each: microseconds since 1970, `C`, `S` or `*`, and the text. Bytes that are no
// printable UTF-8 become U+FFFD.
std::string EncodeDialogue(const std::vector<DialogueLine>& lines);

// DataLoss: EncodeDialogue has not made this.
absl::StatusOr<std::vector<DialogueLine>> DecodeDialogue(absl::string_view text);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_DIALOGUE_TEXT_H_
