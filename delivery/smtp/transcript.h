#ifndef MAILSTROM_DELIVERY_SMTP_TRANSCRIPT_H_
#define MAILSTROM_DELIVERY_SMTP_TRANSCRIPT_H_

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "delivery/dialogue_text.h"

namespace mailstrom::delivery::smtp {

// Takes down what the two sides of a dialogue say: for people who want to see what happened, so
// without content and without secrets. Bounded, whatever the peer sends: long lines are cut, and of
// a long dialogue the beginning and the end are kept. Lives on one strand.
class Transcript {
 public:
  // `clock` must outlive it.
  explicit Transcript(const Clock& clock) : clock_(clock) {}

  // Lines with CRLF, as they go over the wire.
  void Said(DialogueLine::Speaker speaker, absl::string_view lines);
  // Something that is no line of the dialogue.
  void Note(absl::string_view text);

  // From now on `[secret]` stands in its place, whoever says it. Empty: nothing happens.
  void Hide(std::string secret);

  // In the order in which it happened.
  std::vector<DialogueLine> lines() const;

 private:
  void Add(DialogueLine line);

  const Clock& clock_;
  std::vector<std::string> secrets_;
  std::vector<DialogueLine> first_;
  size_t first_bytes_ = 0;
  std::deque<DialogueLine> last_;
  size_t last_bytes_ = 0;
  size_t left_out_ = 0;
};

}  // namespace mailstrom::delivery::smtp

#endif  // MAILSTROM_DELIVERY_SMTP_TRANSCRIPT_H_
