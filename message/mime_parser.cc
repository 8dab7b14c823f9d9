#include "message/mime_parser.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "message/character_class.h"

namespace mailstrom::message {
namespace {

bool IsIdentity(DeclaredEncoding encoding) {
  return encoding == DeclaredEncoding::k7Bit || encoding == DeclaredEncoding::k8Bit ||
         encoding == DeclaredEncoding::kBinary;
}

// Reads line by line, with a stack of the parts that are open at that line.
class Scanner {
 public:
  explicit Scanner(absl::string_view bytes) : bytes_(bytes) {}

  MimeTree Run() {
    Open(MimePart::kNoParent, 0);
    while (pos_ < bytes_.size()) {
      const size_t line_feed = bytes_.find('\n', pos_);
      next_ = line_feed == absl::string_view::npos ? bytes_.size() : line_feed + 1;
      ++line_;
      ReadLine(bytes_.substr(pos_, next_ - pos_));
      pos_ = next_;
    }
    FinishHeaders(bytes_.size(), line_ + 1);
    CloseAbove(0, bytes_.size());
    return std::move(tree_);
  }

 private:
  // A part on the way from the outermost one to the current line.
  struct OpenPart {
    size_t index = 0;
    // Of a multipart whose closing delimiter is still to come; else empty.
    std::string boundary;
    bool has_parts = false;
  };

  MimePart& Part(const OpenPart& open) { return tree_.parts[open.index]; }

  void ReadLine(absl::string_view line) {
    if (absl::StartsWith(line, "--") && ReadDelimiter(line)) return;
    if (in_header_ && (line == "\r\n" || line == "\n")) FinishHeader(next_, line_ + 1);
  }

  // True when `line` delimits parts of an open multipart, the innermost first.
  bool ReadDelimiter(absl::string_view line) {
    if (absl::ConsumeSuffix(&line, "\n")) absl::ConsumeSuffix(&line, "\r");
    while (IsWsp(line.back())) line.remove_suffix(1);
    line.remove_prefix(2);
    for (size_t i = open_.size(); i-- > 0;) {
      absl::string_view rest = line;
      if (open_[i].boundary.empty() || !absl::ConsumePrefix(&rest, open_[i].boundary)) continue;
      if (rest.empty() || rest == "--") {
        Delimit(i, /*closing=*/!rest.empty());
        return true;
      }
    }
    return false;
  }

  void Delimit(size_t level, bool closing) {
    FinishHeaders(pos_, line_);
    CloseAbove(level + 1, EndBefore(pos_));
    OpenPart& multipart = open_[level];
    if (!multipart.has_parts) Part(multipart).preamble_end = pos_;
    if (closing) {
      if (!multipart.has_parts) AddProblem(multipart.index, line_, "a multipart must have a part");
      Part(multipart).epilogue_begin = next_;
      multipart.boundary.clear();
      return;
    }
    multipart.has_parts = true;
    if (tree_.parts.size() == kMaxMimeParts) {
      AddProblem(multipart.index, line_, "the message has too many parts");
      multipart.boundary.clear();
      return;
    }
    Open(multipart.index, next_);
    tree_.parts.back().line = line_ + 1;
  }

  // The line end before a delimiter belongs to it.
  size_t EndBefore(size_t pos) const {
    if (pos > 0 && bytes_[pos - 1] == '\n') --pos;
    if (pos > 0 && bytes_[pos - 1] == '\r') --pos;
    return pos;
  }

  void Open(size_t parent, size_t begin) {
    MimePart part;
    part.parent = parent;
    part.begin = part.body_begin = part.body_end = begin;
    if (parent != MimePart::kNoParent) {
      const MimePart& above = tree_.parts[parent];
      part.depth = above.depth + 1;
      part.is_embedded = above.is_embedded || above.kind == MimePart::Kind::kMessage;
      // RFC 2046 §5.1.5.
      if (above.content_type.Is("multipart", "digest")) {
        part.content_type.type = "message";
        part.content_type.subtype = "rfc822";
      }
    }
    open_.push_back({tree_.parts.size(), "", false});
    tree_.parts.push_back(std::move(part));
    in_header_ = true;
  }

  // Ends the header of the innermost part at `body_begin`, where line `line` begins.
  void FinishHeader(size_t body_begin, size_t line) {
    in_header_ = false;
    const size_t index = open_.back().index;
    MimePart& part = tree_.parts[index];
    part.header = ParseHeaderBlock(bytes_.substr(part.begin, body_begin - part.begin));
    part.body_begin = part.body_end = part.preamble_end = part.epilogue_begin = body_begin;
    if (part.parent != MimePart::kNoParent) {
      for (const HeaderProblem& problem : part.header.problems) {
        AddProblem(index, part.line + problem.line - 1, problem.description);
      }
    }
    ReadFields(index);
    if (part.depth == kMaxMimeDepth) {
      if (part.content_type.type == "multipart" || part.content_type.type == "message") {
        AddProblem(index, part.line, "the parts are nested too deeply");
      }
      return;
    }
    if (part.content_type.type == "multipart") {
      StartMultipart(index);
    } else if ((part.content_type.Is("message", "rfc822") ||
                part.content_type.Is("message", "global")) &&
               IsIdentity(part.encoding) && tree_.parts.size() < kMaxMimeParts) {
      part.kind = MimePart::Kind::kMessage;
      Open(index, body_begin);
      tree_.parts.back().line = line;
    }
  }

  // A message may begin, and end, where the header of the part around it ends.
  void FinishHeaders(size_t end, size_t line) {
    while (in_header_) FinishHeader(std::max(end, tree_.parts[open_.back().index].begin), line);
  }

  void ReadFields(size_t index) {
    MimePart& part = tree_.parts[index];
    if (const Field* field = part.header.Find("Content-Type")) {
      absl::StatusOr<ContentType> type = ParseContentType(field->value);
      if (type.ok()) {
        part.content_type = *std::move(type);
      } else {
        part.content_type = ContentType();
        AddProblem(index, part.LineOf(*field),
                   absl::StrCat("Content-Type: ", type.status().message()));
      }
    }
    if (const Field* field = part.header.Find("Content-Transfer-Encoding")) {
      part.encoding = ParseDeclaredEncoding(field->value);
    }
  }

  void StartMultipart(size_t index) {
    MimePart& part = tree_.parts[index];
    // An encoded multipart is against RFC 2045 §6.4, and its content is opaque.
    if (!IsIdentity(part.encoding)) return;
    const std::string* boundary = part.content_type.Find("boundary");
    const Field* field = part.header.Find("Content-Type");
    if (boundary == nullptr || !IsBoundary(*boundary)) {
      AddProblem(index, field == nullptr ? part.line : part.LineOf(*field),
                 "a multipart must have a boundary of 1 to 70 characters (RFC 2046 §5.1.1)");
      return;
    }
    part.kind = MimePart::Kind::kMultipart;
    open_.back().boundary = *boundary;
  }

  // Closes the open parts from `level` inwards; their content ends at `end`.
  void CloseAbove(size_t level, size_t end) {
    for (; open_.size() > level; open_.pop_back()) {
      const OpenPart& open = open_.back();
      MimePart& part = Part(open);
      // The line end before the delimiter may belong to a header that nothing else ends.
      end = part.body_end = std::max(part.body_begin, end);
      part.epilogue_begin = std::min(part.epilogue_begin, part.body_end);
      if (open.boundary.empty()) continue;
      if (!open.has_parts) part.preamble_end = part.body_end;
      part.epilogue_begin = part.body_end;
      AddProblem(open.index, part.line,
                 "the multipart that begins here has no closing delimiter (RFC 2046 §5.1.1)");
    }
  }

  void AddProblem(size_t part, size_t line, absl::string_view description) {
    if (tree_.problems.size() < kMaxMimeProblems) {
      tree_.problems.push_back({part, line, std::string(description)});
    }
  }

  const absl::string_view bytes_;
  // The current line, and what follows it.
  size_t pos_ = 0;
  size_t next_ = 0;
  size_t line_ = 0;
  bool in_header_ = false;
  std::vector<OpenPart> open_;
  MimeTree tree_;
};

}  // namespace

MimeTree ParseMime(absl::string_view message) { return Scanner(message).Run(); }

}  // namespace mailstrom::message
