#include "message/raw_message_mime.h"

#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "message/cfws.h"
#include "message/raw_message_header.h"
#include "message/utf8.h"

namespace mailstrom::message {
namespace {

using Kind = MimePart::Kind;

// "1.0", with comments anywhere (RFC 2045 §4).
bool IsMimeVersion1(absl::string_view value) {
  size_t pos = SkipCfws(value, 0);
  for (const char c : {'1', '.', '0'}) {
    if (pos == value.size() || value[pos] != c) return false;
    pos = SkipCfws(value, pos + 1);
  }
  return pos == value.size();
}

class Checker {
 public:
  Checker(absl::string_view message, const MimeTree& tree) : message_(message), tree_(tree) {}

  MimeFindings Run() {
    for (const MimeProblem& problem : tree_.problems) {
      if (!tree_.parts[problem.part].is_embedded) Add(problem.line, problem.description);
    }
    CheckVersion();
    for (const MimePart& part : tree_.parts) {
      if (!part.is_embedded) CheckEncoding(part);
    }
    if (!IsAscii(message_)) {
      for (const MimePart& part : tree_.parts) CheckEightBit(part);
    }
    return std::move(findings_);
  }

 private:
  void Add(size_t line, absl::string_view description) {
    if (findings_.violations.size() == kMaxMimeProblems) return;
    findings_.violations.push_back({absl::StrCat("line ", line), std::string(description)});
  }

  void AddAtEncoding(const MimePart& part, absl::string_view description) {
    const Field* field = part.header.Find("Content-Transfer-Encoding");
    Add(field == nullptr ? part.line : part.LineOf(*field), description);
  }

  absl::string_view Slice(size_t begin, size_t end) const {
    return message_.substr(begin, end - begin);
  }

  void CheckVersion() {
    const MimePart& root = tree_.parts.front();
    if (const Field* version = root.header.Find("MIME-Version")) {
      if (!IsMimeVersion1(version->value)) {
        Add(version->line, "MIME-Version must be 1.0 (RFC 2045 §4)");
      }
      return;
    }
    for (const char* name : {"Content-Type", "Content-Transfer-Encoding"}) {
      if (const Field* field = root.header.Find(name)) {
        Add(field->line, absl::StrCat(name, " needs a MIME-Version field (RFC 2045 §4)"));
        return;
      }
    }
  }

  void CheckEncoding(const MimePart& part) {
    const bool is_composite =
        part.content_type.type == "multipart" || part.content_type.Is("message", "rfc822");
    switch (part.encoding) {
      case DeclaredEncoding::k7Bit:
      case DeclaredEncoding::k8Bit:
        return;
      case DeclaredEncoding::kQuotedPrintable:
      case DeclaredEncoding::kBase64:
        if (is_composite) {
          AddAtEncoding(part, absl::StrCat(part.content_type.type, "/", part.content_type.subtype,
                                           " must not be encoded (RFC 2046 §5)"));
        }
        return;
      case DeclaredEncoding::kBinary:
        AddAtEncoding(part, "binary content cannot be sent (RFC 2045 §6.2): use base64");
        return;
      case DeclaredEncoding::kUnknown:
        AddAtEncoding(part, "unknown Content-Transfer-Encoding (RFC 2045 §6.1)");
        return;
    }
  }

  void CheckEightBit(const MimePart& part) {
    for (const Field& field : part.header.fields) CheckField(part, field);
    switch (part.kind) {
      case Kind::kLeaf:
        if (IsAscii(Slice(part.body_begin, part.body_end)) || Declares8Bit(part)) return;
        AddAtEncoding(part,
                      "the content that begins here has bytes above 127, so it must declare "
                      "Content-Transfer-Encoding: 8bit (RFC 2045 §6.2)");
        return;
      case Kind::kMultipart:
        if ((IsAscii(Slice(part.body_begin, part.preamble_end)) &&
             IsAscii(Slice(part.epilogue_begin, part.body_end))) ||
            Declares8Bit(part)) {
          return;
        }
        AddAtEncoding(part, "the text around the parts has undeclared bytes above 127");
        return;
      case Kind::kMessage:
        return;
    }
  }

  void CheckField(const MimePart& part, const Field& field) {
    const bool is_root = part.parent == MimePart::kNoParent;
    if (IsAscii(field.value) || (is_root && IsBlindField(field))) return;
    findings_.has_8bit_header = true;
    // CheckHeader looks at the outermost header.
    if (!is_root && !IsValidUtf8(field.value)) {
      Add(part.LineOf(field),
          absl::StrCat(field.name, ": 8-bit text must be UTF-8 (RFC 6532 §3.1)"));
    }
  }

  // By itself, or through the declaration of a message that it belongs to.
  bool Declares8Bit(const MimePart& part) const {
    if (part.encoding == DeclaredEncoding::k8Bit && HasMimeVersion(part)) return true;
    for (size_t i = part.parent; i != MimePart::kNoParent; i = tree_.parts[i].parent) {
      const MimePart& above = tree_.parts[i];
      if (above.kind == Kind::kMessage && above.encoding == DeclaredEncoding::k8Bit) return true;
    }
    return false;
  }

  bool HasMimeVersion(const MimePart& part) const {
    return part.parent != MimePart::kNoParent || part.header.Find("MIME-Version") != nullptr;
  }

  const absl::string_view message_;
  const MimeTree& tree_;
  MimeFindings findings_;
};

}  // namespace

MimeFindings CheckMime(absl::string_view message, const MimeTree& tree) {
  return Checker(message, tree).Run();
}

}  // namespace mailstrom::message
