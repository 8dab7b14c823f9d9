#include "delivery/smtp/transcript.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "delivery/printable_text.h"

namespace mailstrom::delivery::smtp {
namespace {

constexpr size_t kMaxLineBytes = 512;
// Together, with the overhead of each line, they stay below kMaxDialogueBytes.
constexpr size_t kFirstBytes = 16 << 10;
constexpr size_t kLastBytes = 40 << 10;
// What a line costs beside its text.
constexpr size_t kLineOverheadBytes = 32;

size_t Cost(const DialogueLine& line) { return line.text.size() + kLineOverheadBytes; }

}  // namespace

void Transcript::Said(DialogueLine::Speaker speaker, absl::string_view lines) {
  while (!lines.empty()) {
    const size_t end = lines.find('\n');
    const absl::string_view line = absl::StripSuffix(lines.substr(0, end), "\r");
    std::string text(line);
    for (const std::string& secret : secrets_) {
      text = absl::StrReplaceAll(text, {{secret, "[secret]"}});
    }
    std::string clean;
    if (!AppendPrintable(text, kMaxLineBytes, clean)) absl::StrAppend(&clean, " [cut off]");
    Add({clock_.Now(), speaker, std::move(clean)});
    lines.remove_prefix(end == absl::string_view::npos ? lines.size() : end + 1);
  }
}

void Transcript::Note(absl::string_view text) { Said(DialogueLine::Speaker::kNote, text); }

void Transcript::Hide(std::string secret) {
  if (!secret.empty() && !absl::c_linear_search(secrets_, secret)) {
    secrets_.push_back(std::move(secret));
  }
}

void Transcript::Add(DialogueLine line) {
  const size_t cost = Cost(line);
  if (last_.empty() && left_out_ == 0 && first_bytes_ + cost <= kFirstBytes) {
    first_bytes_ += cost;
    first_.push_back(std::move(line));
    return;
  }
  last_bytes_ += cost;
  last_.push_back(std::move(line));
  while (last_bytes_ > kLastBytes) {
    last_bytes_ -= Cost(last_.front());
    last_.pop_front();
    ++left_out_;
  }
}

std::vector<DialogueLine> Transcript::lines() const {
  std::vector<DialogueLine> lines = first_;
  if (left_out_ > 0) {
    lines.push_back({last_.front().time, DialogueLine::Speaker::kNote,
                     absl::StrCat(left_out_, " lines are left out here")});
  }
  lines.insert(lines.end(), last_.begin(), last_.end());
  return lines;
}

}  // namespace mailstrom::delivery::smtp
