#include "delivery/dialogue_text.h"

#include <cstdint>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "delivery/printable_text.h"

namespace mailstrom::delivery {
namespace {

using Speaker = DialogueLine::Speaker;

char MarkOf(Speaker speaker) {
  switch (speaker) {
    case Speaker::kClient:
      return 'C';
    case Speaker::kServer:
      return 'S';
    case Speaker::kNote:
      break;
  }
  return '*';
}

bool ReadMark(char mark, Speaker& speaker) {
  for (const Speaker known : {Speaker::kClient, Speaker::kServer, Speaker::kNote}) {
    if (MarkOf(known) != mark) continue;
    speaker = known;
    return true;
  }
  return false;
}

}  // namespace

std::string EncodeDialogue(const std::vector<DialogueLine>& lines) {
  std::string text;
  for (const DialogueLine& line : lines) {
    absl::StrAppend(&text, absl::ToUnixMicros(line.time), " ");
    text.push_back(MarkOf(line.speaker));
    text.push_back(' ');
    AppendPrintable(line.text, std::numeric_limits<size_t>::max(), text);
    text.push_back('\n');
  }
  return text;
}

absl::StatusOr<std::vector<DialogueLine>> DecodeDialogue(absl::string_view text) {
  std::vector<DialogueLine> lines;
  while (!text.empty()) {
    const absl::string_view line = text.substr(0, text.find('\n'));
    const size_t space = line.find(' ');
    int64_t micros = 0;
    DialogueLine decoded;
    if (line.size() == text.size() || space == absl::string_view::npos || space + 3 > line.size() ||
        line[space + 2] != ' ' || !absl::SimpleAtoi(line.substr(0, space), &micros) ||
        !ReadMark(line[space + 1], decoded.speaker)) {
      return absl::DataLossError("a line of a stored dialogue does not parse");
    }
    decoded.time = absl::FromUnixMicros(micros);
    decoded.text = std::string(line.substr(space + 3));
    lines.push_back(std::move(decoded));
    text.remove_prefix(line.size() + 1);
  }
  return lines;
}

}  // namespace mailstrom::delivery
