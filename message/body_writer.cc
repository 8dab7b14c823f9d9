#include "message/body_writer.h"

#include <algorithm>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "message/field_writer.h"
#include "message/mime_fields.h"
#include "message/transfer_encoding.h"
#include "message/utf8.h"

namespace mailstrom::message {
namespace {

// `text` with CRLF at the end of each line, the last one included. CR, LF and CRLF end lines.
std::string CanonicalLines(absl::string_view text) {
  std::string lines;
  lines.reserve(text.size() + text.size() / 32 + 2);
  size_t lf = 0;
  for (size_t begin = 0; begin < text.size();) {
    // Searches for one character are quick. Each LF is looked for once, and a CR no farther than
    // the next LF, so no text is dear.
    if (lf <= begin) lf = std::min(text.find('\n', begin), text.size());
    const size_t end = begin + std::min(text.substr(begin, lf - begin).find('\r'), lf - begin);
    absl::StrAppend(&lines, text.substr(begin, end - begin), "\r\n");
    begin = end + (absl::StartsWith(text.substr(end), "\r\n") ? 2 : 1);
  }
  return lines;
}

// A part that has no parts, as it will be written.
struct Leaf {
  ContentType type;
  // Empty: no Content-Disposition field.
  absl::string_view disposition;
  absl::string_view filename;
  absl::string_view content_id;
  // Owned by text_lines, or by the content.
  absl::string_view data;
  LineMode line_mode = LineMode::kText;
  TransferEncoding encoding = TransferEncoding::k7bit;
};

class BodyWriter {
 public:
  BodyWriter(const Content& content, RandomSource& random, std::string& out)
      : content_(content), random_(random), out_(out) {}

  void Write() {
    text_lines_ = CanonicalLines(content_.text);
    html_lines_ = CanonicalLines(content_.html);
    text_ = MakeTextLeaf("plain", text_lines_);
    html_ = MakeTextLeaf("html", html_lines_);
    for (const Attachment& attachment : content_.attachments) {
      const bool is_inline = !attachment.content_id.empty() && has_html();
      (is_inline ? inline_ : attached_).push_back(MakeLeaf(attachment, is_inline));
    }
    out_.reserve(out_.size() + EstimateSize());
    out_.append("MIME-Version: 1.0\r\n");
    WriteMixed();
  }

 private:
  bool has_html() const { return !html_lines_.empty(); }
  bool has_text() const { return !text_lines_.empty(); }

  static Leaf MakeTextLeaf(absl::string_view subtype, absl::string_view lines) {
    Leaf leaf;
    leaf.type.subtype = std::string(subtype);
    leaf.type.parameters.push_back({"charset", IsAscii(lines) ? "us-ascii" : "utf-8"});
    leaf.data = lines;
    leaf.encoding = ChooseTransferEncoding(lines, LineMode::kText);
    return leaf;
  }

  static Leaf MakeLeaf(const Attachment& attachment, bool is_inline) {
    Leaf leaf;
    const absl::StatusOr<ContentType> type = ParseContentType(
        attachment.content_type.empty() ? "application/octet-stream" : attachment.content_type);
    if (type.ok()) leaf.type = *type;
    leaf.disposition = is_inline ? "inline" : "attachment";
    leaf.filename = attachment.filename;
    leaf.content_id = attachment.content_id;
    leaf.data = attachment.data;
    const bool is_text = leaf.type.type == "text" || leaf.type.type == "message";
    leaf.line_mode = is_text ? LineMode::kText : LineMode::kBinary;
    leaf.encoding = ChooseTransferEncoding(leaf.data, leaf.line_mode);
    return leaf;
  }

  size_t EstimateSize() const {
    size_t size = 2048 + (text_lines_.size() + html_lines_.size()) / 2 * 3;
    for (const Attachment& attachment : content_.attachments) {
      size += 512 + attachment.filename.size() * 3 + attachment.data.size() / 2 * 3;
    }
    return size;
  }

  // A boundary that no part has a line with: `=_` occurs in neither encoding, and what goes
  // unencoded is searched.
  std::string MakeBoundary() {
    for (;;) {
      std::string boundary = absl::StrCat("=_", absl::Hex(random_.Next(), absl::kZeroPad16),
                                          absl::Hex(random_.Next(), absl::kZeroPad16));
      if (!OccursUnencoded(boundary)) return boundary;
    }
  }

  bool OccursUnencoded(absl::string_view boundary) const {
    const auto occurs_in = [boundary](const Leaf& leaf) {
      return leaf.encoding == TransferEncoding::k7bit && absl::StrContains(leaf.data, boundary);
    };
    return occurs_in(text_) || occurs_in(html_) ||
           std::any_of(inline_.begin(), inline_.end(), occurs_in) ||
           std::any_of(attached_.begin(), attached_.end(), occurs_in);
  }

  // Writes the header of a multipart; returns its boundary.
  std::string BeginMultipart(absl::string_view subtype) {
    std::string boundary = MakeBoundary();
    FieldWriter field("Content-Type", out_);
    field.AddToken(absl::StrCat("multipart/", subtype));
    if (subtype == "related") field.AddParameter("type", "text/html");
    field.AddParameter("boundary", boundary);
    field.Finish();
    out_.append("\r\n");
    return boundary;
  }

  // The line break before a delimiter belongs to it, not to the part.
  void WriteDelimiter(absl::string_view boundary) {
    absl::StrAppend(&out_, "\r\n--", boundary, "\r\n");
  }

  void EndMultipart(absl::string_view boundary) {
    absl::StrAppend(&out_, "\r\n--", boundary, "--\r\n");
  }

  void WriteMixed() {
    if (attached_.empty()) {
      WriteAlternative();
      return;
    }
    const std::string boundary = BeginMultipart("mixed");
    if (has_text() || has_html()) {
      WriteDelimiter(boundary);
      WriteAlternative();
    }
    for (const Leaf& leaf : attached_) {
      WriteDelimiter(boundary);
      WriteLeaf(leaf);
    }
    EndMultipart(boundary);
  }

  void WriteAlternative() {
    if (!has_html()) {
      WriteLeaf(text_);
      return;
    }
    if (!has_text()) {
      WriteRelated();
      return;
    }
    const std::string boundary = BeginMultipart("alternative");
    WriteDelimiter(boundary);
    WriteLeaf(text_);
    WriteDelimiter(boundary);
    WriteRelated();
    EndMultipart(boundary);
  }

  void WriteRelated() {
    if (inline_.empty()) {
      WriteLeaf(html_);
      return;
    }
    const std::string boundary = BeginMultipart("related");
    WriteDelimiter(boundary);
    WriteLeaf(html_);
    for (const Leaf& leaf : inline_) {
      WriteDelimiter(boundary);
      WriteLeaf(leaf);
    }
    EndMultipart(boundary);
  }

  void WriteLeafHeader(const Leaf& leaf) {
    FieldWriter type("Content-Type", out_);
    type.AddToken(absl::StrCat(leaf.type.type, "/", leaf.type.subtype));
    for (const auto& [name, value] : leaf.type.parameters) type.AddParameter(name, value);
    type.Finish();
    absl::StrAppend(&out_, "Content-Transfer-Encoding: ", TransferEncodingName(leaf.encoding),
                    "\r\n");
    if (!leaf.disposition.empty()) {
      FieldWriter disposition("Content-Disposition", out_);
      disposition.AddToken(leaf.disposition);
      if (!leaf.filename.empty()) disposition.AddParameter("filename", leaf.filename);
      disposition.Finish();
    }
    if (!leaf.content_id.empty()) {
      FieldWriter content_id("Content-ID", out_);
      content_id.AddFirstToken(absl::StrCat("<", leaf.content_id, ">"));
      content_id.Finish();
    }
    out_.append("\r\n");
  }

  void WriteLeaf(const Leaf& leaf) {
    WriteLeafHeader(leaf);
    AppendEncoded(leaf.data, leaf.encoding, leaf.line_mode, out_);
  }

  const Content& content_;
  RandomSource& random_;
  std::string& out_;
  std::string text_lines_;
  std::string html_lines_;
  Leaf text_;
  Leaf html_;
  std::vector<Leaf> inline_;
  std::vector<Leaf> attached_;
};

}  // namespace

void AppendBody(const Content& content, RandomSource& random, std::string& out) {
  BodyWriter(content, random, out).Write();
}

}  // namespace mailstrom::message
