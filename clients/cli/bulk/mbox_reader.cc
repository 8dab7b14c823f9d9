#include "clients/cli/bulk/mbox_reader.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace mailstrom::cli {
namespace {

// A longer line comes in pieces.
constexpr size_t kPieceBytes = size_t{1} << 20;

bool IsQuotedFrom(absl::string_view line) {
  const size_t text = line.find_first_not_of('>');
  return text != absl::string_view::npos && text > 0 &&
         absl::StartsWith(line.substr(text), "From ");
}

bool IsEmptyLine(absl::string_view line) { return line == "\n" || line == "\r\n"; }

}  // namespace

absl::StatusOr<bool> MboxReader::Next(std::string& message) {
  message.clear();
  std::string text;
  while (!begun_) {
    const bool more = TakeLine(text);
    line_ = lines_taken_;
    if (!more && in_.bad()) return absl::InvalidArgumentError("the file cannot be read");
    if (!more) return false;
    if (IsEmptyLine(text)) continue;
    if (!absl::StartsWith(text, "From ")) {
      return absl::InvalidArgumentError("a mailbox file has a line that begins with `From ` here");
    }
    begun_ = true;
    begun_line_ = lines_taken_;
  }
  line_ = begun_line_;
  begun_ = false;
  bool too_large = false;
  // At the beginning of a line, and after an empty one.
  bool line_begins = true;
  bool after_empty = false;
  while (TakeLine(text)) {
    if (line_begins && after_empty && absl::StartsWith(text, "From ")) {
      begun_ = true;
      begun_line_ = lines_taken_;
      break;
    }
    after_empty = line_begins && IsEmptyLine(text);
    absl::string_view kept = text;
    if (line_begins && IsQuotedFrom(text)) kept.remove_prefix(1);
    line_begins = absl::EndsWith(text, "\n");
    too_large = too_large || message.size() + kept.size() > max_message_bytes_;
    if (!too_large) message.append(kept.data(), kept.size());
  }
  if (in_.bad()) return absl::InvalidArgumentError("the file cannot be read");
  if (too_large) {
    return absl::ResourceExhaustedError(
        absl::StrCat("a message of more than ", max_message_bytes_, " bytes"));
  }
  // It belongs to the file.
  if (after_empty) {
    absl::string_view kept = message;
    absl::ConsumeSuffix(&kept, "\n");
    absl::ConsumeSuffix(&kept, "\r");
    message.resize(kept.size());
  }
  return true;
}

bool MboxReader::TakeLine(std::string& text) {
  text.clear();
  for (int byte = in_.get(); byte != std::istream::traits_type::eof(); byte = in_.get()) {
    if (text.empty() && !continued_) ++lines_taken_;
    text.push_back(static_cast<char>(byte));
    if (byte == '\n' || text.size() == kPieceBytes) {
      continued_ = byte != '\n';
      return true;
    }
  }
  return !text.empty();
}

}  // namespace mailstrom::cli
