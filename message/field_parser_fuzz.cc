#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "message/field_parser.h"

namespace mailstrom::message {
namespace {

void Require(bool ok) {
  if (!ok) std::abort();
}

// Fields lie in the header, in order and apart, and in a right header nothing is between them.
void CheckHeader(absl::string_view bytes) {
  const HeaderBlock block = ParseHeaderBlock(bytes);
  Require(block.fields_size <= block.size && block.size <= bytes.size());
  Require(block.fields.size() <= kMaxHeaderFields && block.problems.size() <= kMaxHeaderProblems);
  const char* pos = bytes.data();
  size_t line = 0;
  for (const Field& field : block.fields) {
    Require(field.bytes.data() >= pos && field.name.data() == field.bytes.data());
    Require(!block.problems.empty() || field.bytes.data() == pos);
    Require(!field.name.empty() && field.Is(field.name) && field.line > line);
    Require(field.value.data() > field.name.data() + field.name.size() - 1);
    pos = field.bytes.data() + field.bytes.size();
    Require(field.value.data() + field.value.size() <= pos);
    line = field.line;
    const std::string unfolded = Unfold(field.value);
    Require(unfolded.find_first_of("\r\n") == std::string::npos);
  }
  const char* const end = bytes.data() + block.fields_size;
  Require(pos <= end && (!block.problems.empty() || pos == end));

  // What was cut off does not matter.
  const HeaderBlock again = ParseHeaderBlock(bytes.substr(0, block.size));
  Require(again.size == block.size && again.fields.size() == block.fields.size());
}

}  // namespace
}  // namespace mailstrom::message

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mailstrom::message::CheckHeader(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
