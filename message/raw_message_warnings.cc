#include "message/raw_message_warnings.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "message/content_checker.h"
#include "message/date.h"
#include "message/encoded_word_decoder.h"

namespace mailstrom::message {
namespace {

size_t CountCharacters(absl::string_view utf8) {
  return static_cast<size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

class Finder {
 public:
  Finder(const MimeTree& tree, absl::Time now)
      : tree_(tree), header_(tree.parts.front().header), now_(now) {}

  std::vector<Violation> Run() {
    CheckSubject();
    CheckDate();
    CheckText();
    return std::move(warnings_);
  }

 private:
  void Add(size_t line, absl::string_view description) {
    warnings_.push_back({absl::StrCat("line ", line), std::string(description)});
  }

  void CheckSubject() {
    const Field* subject = header_.Find("Subject");
    if (subject == nullptr) {
      Add(1, "there is no Subject, which readers and filters take ill");
      return;
    }
    const std::string text = DecodeEncodedWords(Unfold(subject->value));
    if (text.empty()) {
      Add(subject->line, "Subject is empty, which readers and filters take ill");
    } else if (CountCharacters(text) > kLongSubjectCharacters) {
      Add(subject->line, absl::StrCat("Subject is over ", kLongSubjectCharacters,
                                      " characters long; most readers show far fewer"));
    }
  }

  void CheckDate() {
    const Field* field = header_.Find("Date");
    if (field == nullptr) return;
    const absl::StatusOr<absl::Time> date = ParseDate(field->value);
    if (date.ok() && (*date > now_ + absl::Hours(24) || *date < now_ - absl::Hours(168))) {
      Add(field->line, "Date is over a day ahead or a week back, which filters take ill");
    }
  }

  // The line of the first part to read of that subtype, or 0.
  size_t FindText(absl::string_view subtype) const {
    for (const MimePart& part : tree_.parts) {
      if (part.kind == MimePart::Kind::kLeaf && !part.is_embedded &&
          part.content_type.Is("text", subtype)) {
        return part.line;
      }
    }
    return 0;
  }

  void CheckText() {
    if (FindText("plain") != 0) return;
    const size_t html = FindText("html");
    Add(html == 0 ? 1 : html, html == 0 ? "there is no text to read"
                                        : "HTML without plain text counts as a sign of spam");
  }

  const MimeTree& tree_;
  const HeaderBlock& header_;
  const absl::Time now_;
  std::vector<Violation> warnings_;
};

}  // namespace

std::vector<Violation> FindWarnings(const MimeTree& tree, absl::Time now) {
  return Finder(tree, now).Run();
}

}  // namespace mailstrom::message
