#include "delivery/sts/http_response.h"

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace mailstrom::delivery {
namespace {

struct Head {
  int status = 0;
  bool chunked = false;
  std::optional<uint64_t> length;
  std::string type;
};

absl::StatusOr<Head> ReadHead(absl::string_view text) {
  Head head;
  bool first = true;
  for (const absl::string_view line : absl::StrSplit(text, "\r\n")) {
    if (first) {
      if (!absl::StartsWith(line, "HTTP/1.") || line.size() < 12 ||
          !absl::SimpleAtoi(line.substr(9, 3), &head.status)) {
        return absl::InvalidArgumentError("this is no HTTP");
      }
      first = false;
      continue;
    }
    const size_t colon = line.find(':');
    if (colon == absl::string_view::npos)
      return absl::InvalidArgumentError("a field without colon");
    const std::string name = absl::AsciiStrToLower(line.substr(0, colon));
    const absl::string_view value = absl::StripAsciiWhitespace(line.substr(colon + 1));
    uint64_t length = 0;
    if (name == "content-length") {
      if (!absl::SimpleAtoi(value, &length)) return absl::InvalidArgumentError("no length");
      head.length = length;
    } else if (name == "transfer-encoding") {
      head.chunked = absl::EqualsIgnoreCase(value, "chunked");
      if (!head.chunked) return absl::InvalidArgumentError("an unknown transfer encoding");
    } else if (name == "content-type") {
      const absl::string_view type = value.substr(0, value.find(';'));
      head.type = absl::AsciiStrToLower(absl::StripAsciiWhitespace(type));
    }
  }
  return head;
}

// Nothing: more bytes are needed.
absl::StatusOr<std::optional<std::string>> ReadChunks(absl::string_view bytes) {
  std::string body;
  while (true) {
    const size_t end = bytes.find("\r\n");
    if (end == absl::string_view::npos) return std::nullopt;
    const absl::string_view digits = bytes.substr(0, end).substr(0, bytes.find(';'));
    uint32_t size = 0;
    if (!absl::SimpleHexAtoi(absl::StripAsciiWhitespace(digits), &size)) {
      return absl::InvalidArgumentError("a chunk without size");
    }
    if (size == 0) return body;
    bytes.remove_prefix(end + 2);
    if (bytes.size() < size_t{size} + 2) return std::nullopt;
    absl::StrAppend(&body, bytes.substr(0, size));
    bytes.remove_prefix(size_t{size} + 2);
  }
}

}  // namespace

absl::StatusOr<std::optional<std::string>> ReadHttpResponse(absl::string_view bytes, bool closed) {
  const absl::Status cut_off = absl::InvalidArgumentError("the response is cut off");
  const size_t head_end = bytes.find("\r\n\r\n");
  if (head_end == absl::string_view::npos) {
    if (closed) return cut_off;
    return std::nullopt;
  }
  const absl::StatusOr<Head> head = ReadHead(bytes.substr(0, head_end));
  if (!head.ok()) return head.status();
  if (head->status != 200) {
    return absl::FailedPreconditionError(absl::StrCat("HTTP status ", head->status));
  }
  if (head->type != "text/plain") {
    return absl::FailedPreconditionError("the content is not text/plain");
  }
  const absl::string_view rest = bytes.substr(head_end + 4);
  if (head->chunked) {
    absl::StatusOr<std::optional<std::string>> body = ReadChunks(rest);
    if (body.ok() && !body->has_value() && closed) return cut_off;
    return body;
  }
  if (head->length.has_value()) {
    if (rest.size() >= *head->length) return std::string(rest.substr(0, *head->length));
    if (closed) return cut_off;
    return std::nullopt;
  }
  if (!closed) return std::nullopt;
  return std::string(rest);
}

}  // namespace mailstrom::delivery
