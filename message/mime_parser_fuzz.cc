#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "message/eight_bit_converter.h"
#include "message/mime_parser.h"
#include "message/raw_message_lines.h"
#include "message/utf8.h"

namespace mailstrom::message {
namespace {

void Require(bool ok) {
  if (!ok) std::abort();
}

void CheckPart(const MimeTree& tree, size_t index, absl::string_view message) {
  const MimePart& part = tree.parts[index];
  Require(part.begin <= part.body_begin && part.body_begin <= part.body_end &&
          part.body_end <= message.size());
  // An empty message at the very end begins on a line that is not there.
  const auto line_feeds = std::count(message.begin(), message.end(), '\n');
  Require(part.line >= 1 && part.line <= 2 + static_cast<size_t>(line_feeds));
  if (part.kind == MimePart::Kind::kMultipart) {
    Require(part.body_begin <= part.preamble_end && part.preamble_end <= part.epilogue_begin + 2 &&
            part.epilogue_begin <= part.body_end);
  }
  if (part.parent == MimePart::kNoParent) {
    Require(index == 0 && part.depth == 0 && part.begin == 0 && part.body_end == message.size());
    return;
  }
  Require(part.parent < index);
  const MimePart& above = tree.parts[part.parent];
  Require(above.kind != MimePart::Kind::kLeaf && part.depth == above.depth + 1 &&
          part.depth <= kMaxMimeDepth);
  Require(above.body_begin <= part.begin && part.body_end <= above.body_end);
  if (index > 0) Require(tree.parts[index - 1].begin <= part.begin);
}

MimeTree CheckTree(absl::string_view message) {
  MimeTree tree = ParseMime(message);
  Require(!tree.parts.empty() && tree.parts.size() <= kMaxMimeParts);
  Require(tree.problems.size() <= kMaxMimeProblems);
  for (size_t i = 0; i < tree.parts.size(); ++i) CheckPart(tree, i, message);
  return tree;
}

// A converted message has the same parts, all of them 7-bit.
void CheckConversion(absl::string_view message, const MimeTree& tree) {
  const absl::StatusOr<std::string> converted = ConvertTo7Bit(message);
  if (!converted.ok()) return;
  Require(IsAscii(*converted));
  const MimeTree other = CheckTree(*converted);
  Require(other.parts.size() == tree.parts.size());
  for (size_t i = 0; i < tree.parts.size(); ++i) {
    Require(other.parts[i].kind == tree.parts[i].kind &&
            other.parts[i].parent == tree.parts[i].parent &&
            other.parts[i].content_type.type == tree.parts[i].content_type.type);
  }
  Require(*ConvertTo7Bit(*converted) == *converted);
}

}  // namespace
}  // namespace mailstrom::message

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mailstrom::message;
  std::string message(reinterpret_cast<const char*>(data), size);
  CheckTree(message);
  // What is converted has gone through CheckRaw.
  if (!NormalizeLines(message).problems.empty()) return 0;
  CheckConversion(message, CheckTree(message));
  return 0;
}
