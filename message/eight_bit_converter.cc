#include "message/eight_bit_converter.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "message/mime_parser.h"
#include "message/transfer_encoding.h"
#include "message/utf8.h"

namespace mailstrom::message {
namespace {

using Kind = MimePart::Kind;

bool IsIdentity(DeclaredEncoding encoding) {
  return encoding == DeclaredEncoding::k7Bit || encoding == DeclaredEncoding::k8Bit ||
         encoding == DeclaredEncoding::kBinary;
}

class Converter {
 public:
  explicit Converter(absl::string_view message) : message_(message), tree_(ParseMime(message)) {}

  absl::StatusOr<std::string> Run() {
    for (const MimePart& part : tree_.parts) RETURN_IF_ERROR(Convert(part));
    return ApplyEdits();
  }

 private:
  // `text` takes the place of the bytes from `begin` to `end`.
  struct Edit {
    size_t begin;
    size_t end;
    std::string text;
  };

  absl::string_view Slice(size_t begin, size_t end) const {
    return message_.substr(begin, end - begin);
  }

  absl::Status Fail(const MimePart& part, absl::string_view why) const {
    return absl::FailedPreconditionError(absl::StrCat("the part on line ", part.line, " ", why));
  }

  absl::Status Convert(const MimePart& part) {
    if (!IsAscii(Slice(part.begin, part.body_begin))) {
      return Fail(part, "has 8-bit text in its header");
    }
    if (IsSealed(part)) {
      if (IsAscii(Slice(part.body_begin, part.body_end))) return absl::OkStatus();
      return Fail(part, "is signed or encrypted, so its 8-bit content must stay");
    }
    if (part.kind == Kind::kMultipart) {
      Mask(part.body_begin, part.preamble_end);
      Mask(part.epilogue_begin, part.body_end);
    }
    if (part.kind == Kind::kLeaf && !IsAscii(Slice(part.body_begin, part.body_end))) {
      return ConvertContent(part);
    }
    if (IsIdentity(part.encoding) && part.encoding != DeclaredEncoding::k7Bit) {
      Declare(part, TransferEncoding::k7bit);
    }
    return absl::OkStatus();
  }

  // Every byte of it is under a signature, or within what is encrypted (RFC 1847 §2).
  bool IsSealed(const MimePart& part) const {
    for (size_t i = part.parent; i != MimePart::kNoParent; i = tree_.parts[i].parent) {
      const ContentType& type = tree_.parts[i].content_type;
      if (type.Is("multipart", "signed") || type.Is("multipart", "encrypted")) return true;
    }
    return false;
  }

  absl::Status ConvertContent(const MimePart& part) {
    const ContentType& type = part.content_type;
    // RFC 2046 §5.
    if (type.type == "multipart" || type.Is("message", "rfc822") || type.Is("message", "partial") ||
        type.Is("message", "external-body")) {
      return Fail(part,
                  absl::StrCat("is ", type.type, "/", type.subtype, ", which must not be encoded"));
    }
    if (!IsIdentity(part.encoding)) {
      Mask(part.body_begin, part.body_end);
      return absl::OkStatus();
    }
    const absl::string_view content = Slice(part.body_begin, part.body_end);
    TransferEncoding encoding = ChooseTransferEncoding(content, LineMode::kText);
    std::string encoded;
    if (encoding == TransferEncoding::kQuotedPrintable) {
      AppendQuotedPrintable(content, LineMode::kText, encoded);
      if (HasDelimiterAbove(part, encoded)) encoding = TransferEncoding::kBase64;
    }
    if (encoding == TransferEncoding::kBase64) encoded = EncodeBase64(part, content);
    Declare(part, encoding);
    edits_.push_back({part.body_begin, part.body_end, std::move(encoded)});
    return absl::OkStatus();
  }

  // A line of quoted-printable may begin where none began before, with what delimits a multipart.
  bool HasDelimiterAbove(const MimePart& part, absl::string_view encoded) const {
    for (size_t i = part.parent; i != MimePart::kNoParent; i = tree_.parts[i].parent) {
      const std::string* boundary = tree_.parts[i].content_type.Find("boundary");
      if (boundary == nullptr) continue;
      const std::string delimiter = absl::StrCat("\r\n--", *boundary);
      if (absl::StartsWith(encoded, delimiter.substr(2)) || absl::StrContains(encoded, delimiter)) {
        return true;
      }
    }
    return false;
  }

  std::string EncodeBase64(const MimePart& part, absl::string_view content) const {
    std::string encoded;
    AppendBase64(content, encoded);
    // The line end before a delimiter is there already.
    if (absl::StartsWith(message_.substr(part.body_end), "\r\n")) {
      encoded.resize(encoded.size() - 2);
    }
    return encoded;
  }

  // Changes the header of `part` so that it tells of `encoding`.
  void Declare(const MimePart& part, TransferEncoding encoding) {
    std::string field =
        absl::StrCat("Content-Transfer-Encoding: ", TransferEncodingName(encoding), "\r\n");
    bool declared = false;
    for (const Field& old : part.header.fields) {
      if (!old.Is("Content-Transfer-Encoding")) continue;
      const size_t begin = static_cast<size_t>(old.bytes.data() - message_.data());
      edits_.push_back({begin, begin + old.bytes.size(), declared ? "" : field});
      declared = true;
    }
    if (declared) return;
    const bool is_message =
        part.parent == MimePart::kNoParent || tree_.parts[part.parent].kind == Kind::kMessage;
    if (is_message && part.header.Find("MIME-Version") == nullptr) {
      field.insert(0, "MIME-Version: 1.0\r\n");
    }
    const size_t end = part.begin + part.header.fields_size;
    edits_.push_back({end, end, std::move(field)});
  }

  void Mask(size_t begin, size_t end) {
    if (IsAscii(Slice(begin, end))) return;
    std::string text(Slice(begin, end));
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 127; }, '?');
    edits_.push_back({begin, end, std::move(text)});
  }

  std::string ApplyEdits() {
    // No two begin at the same place.
    std::sort(edits_.begin(), edits_.end(),
              [](const Edit& a, const Edit& b) { return a.begin < b.begin; });
    size_t size = message_.size();
    for (const Edit& edit : edits_) size += edit.text.size();
    std::string result;
    result.reserve(size);
    size_t pos = 0;
    for (const Edit& edit : edits_) {
      absl::StrAppend(&result, Slice(pos, edit.begin), edit.text);
      pos = edit.end;
    }
    absl::StrAppend(&result, message_.substr(pos));
    return result;
  }

  const absl::string_view message_;
  const MimeTree tree_;
  std::vector<Edit> edits_;
};

}  // namespace

absl::StatusOr<std::string> ConvertTo7Bit(absl::string_view message) {
  return Converter(message).Run();
}

}  // namespace mailstrom::message
