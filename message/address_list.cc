#include "message/address_list.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "message/address.h"
#include "message/cfws.h"
#include "message/character_class.h"
#include "message/domain.h"
#include "message/encoded_word_decoder.h"
#include "message/utf8.h"

namespace mailstrom::message {
namespace {

bool IsAtomChar(char c) { return IsAtext(c) || IsUtf8Byte(c); }

// Reads a list from its front to its end. Each method takes what it names, and the CFWS behind it.
class AddressListParser {
 public:
  explicit AddressListParser(absl::string_view text) : text_(text) {}

  absl::StatusOr<std::vector<Address>> Parse() {
    std::vector<Address> addresses;
    SkipSpace();
    while (pos_ < text_.size()) {
      // Empty elements are obsolete (RFC 5322 §4.4).
      if (Take(',')) continue;
      ASSIGN_OR_RETURN(Address address, TakeAddress(/*in_group=*/false));
      addresses.push_back(std::move(address));
      if (pos_ < text_.size() && !Take(',')) {
        return Error("a comma must separate two addresses (RFC 5322 §3.4)");
      }
    }
    if (addresses.empty()) return Error("there is no address (RFC 5322 §3.4)");
    return addresses;
  }

 private:
  absl::Status Error(absl::string_view why) const {
    if (pos_ < text_.size() && text_[pos_] == '(') {
      why = "the comment does not end (RFC 5322 §3.2.2)";
    }
    return absl::InvalidArgumentError(absl::StrCat("at octet ", pos_ + 1, ": ", why));
  }

  char Peek() const { return pos_ < text_.size() ? text_[pos_] : '\0'; }

  void SkipSpace() { pos_ = SkipCfws(text_, pos_); }

  bool Take(char c) {
    if (pos_ == text_.size() || text_[pos_] != c) return false;
    ++pos_;
    SkipSpace();
    return true;
  }

  bool IsAtWord() const { return Peek() == '"' || IsAtomChar(Peek()); }

  // The content of the quoted-string that opens here (RFC 5322 §3.2.4 and §4.1), line breaks of its
  // folding removed. No CFWS is skipped.
  absl::StatusOr<std::string> TakeQuotedString() {
    const size_t start = pos_;
    std::string content;
    for (++pos_; pos_ < text_.size(); ++pos_) {
      char c = text_[pos_];
      if (c == '"') {
        ++pos_;
        return content;
      }
      if (c == '\r' || c == '\n') continue;
      if (c == '\\' && ++pos_ < text_.size()) c = text_[pos_];
      if (c == '\0' || c == '\r' || c == '\n') {
        return Error("NUL, CR and LF cannot be quoted (RFC 5321 §2.3.8)");
      }
      content.push_back(c);
    }
    pos_ = start;
    return Error("the quoted string does not end (RFC 5322 §3.2.4)");
  }

  absl::string_view TakeAtom() {
    const size_t start = pos_;
    while (pos_ < text_.size() && IsAtomChar(text_[pos_])) ++pos_;
    return text_.substr(start, pos_ - start);
  }

  // The encoded-word of a phrase that begins here, if any. Dots are not allowed in one there, but
  // many writers leave them; other specials would change what the list means.
  std::optional<EncodedWord> PeekEncodedWord() const {
    std::optional<EncodedWord> word = ParseEncodedWord(text_.substr(pos_));
    if (!word.has_value()) return std::nullopt;
    const absl::string_view source = text_.substr(pos_, word->length);
    const bool is_atom =
        std::all_of(source.begin(), source.end(), [](char c) { return IsAtext(c) || c == '.'; });
    const size_t end = pos_ + word->length;
    if (!is_atom || (end < text_.size() && IsAtomChar(text_[end]))) return std::nullopt;
    return word;
  }

  // A phrase (RFC 5322 §3.2.5), or the words and dots of an obsolete one, as text. May be empty.
  absl::StatusOr<std::string> TakePhrase() {
    EncodedWordDecoder decoder;
    bool after_encoded_word = false;
    size_t last_end = pos_;
    for (const size_t start = pos_; IsAtWord() || Peek() == '.'; SkipSpace()) {
      const bool has_gap = pos_ > last_end && pos_ > start;
      const std::optional<EncodedWord> encoded = PeekEncodedWord();
      if (has_gap && !(encoded.has_value() && after_encoded_word)) decoder.AddPlain(" ");
      if (encoded.has_value()) {
        decoder.AddEncodedWord(*encoded, text_.substr(pos_, encoded->length));
        pos_ += encoded->length;
      } else if (Peek() == '"') {
        ASSIGN_OR_RETURN(const std::string content, TakeQuotedString());
        decoder.AddPlain(content);
      } else if (Peek() == '.') {
        decoder.AddPlain(".");
        ++pos_;
      } else {
        decoder.AddPlain(TakeAtom());
      }
      after_encoded_word = encoded.has_value();
      last_end = pos_;
    }
    return std::move(decoder).Finish();
  }

  // A local-part as content, without quotes (RFC 5322 §3.4.1 and §4.4).
  absl::StatusOr<std::string> TakeLocalPart() {
    std::string content;
    do {
      if (Peek() == '"') {
        ASSIGN_OR_RETURN(const std::string word, TakeQuotedString());
        content.append(word);
      } else {
        const absl::string_view atom = TakeAtom();
        if (atom.empty()) return Error("a word of the local-part is missing (RFC 5322 §3.4.1)");
        absl::StrAppend(&content, atom);
      }
      SkipSpace();
      if (Peek() == '.') content.push_back('.');
    } while (Take('.'));
    return content;
  }

  absl::StatusOr<std::string> TakeDomainLiteral() {
    const size_t start = pos_;
    std::string literal = "[";
    for (++pos_; pos_ < text_.size(); ++pos_) {
      char c = text_[pos_];
      if (c == ']') {
        ++pos_;
        SkipSpace();
        literal.push_back(']');
        absl::StatusOr<std::string> address = NormalizeAddressLiteral(literal);
        return address.ok() ? *std::move(address) : std::move(literal);
      }
      if (IsWsp(c) || c == '\r' || c == '\n') continue;
      if (c == '\\' && pos_ + 1 < text_.size()) c = text_[++pos_];
      if (!(IsVchar(c) || IsUtf8Byte(c)) || c == '[' || c == ']' || c == '\\') {
        return Error("not allowed in a domain literal (RFC 5322 §3.4.1)");
      }
      literal.push_back(c);
    }
    pos_ = start;
    return Error("the domain literal does not end (RFC 5322 §3.4.1)");
  }

  absl::StatusOr<std::string> TakeDomain() {
    if (Peek() == '[') return TakeDomainLiteral();
    const size_t start = pos_;
    std::string domain;
    do {
      const absl::string_view atom = TakeAtom();
      if (atom.empty()) return Error("a label of the domain is missing (RFC 5322 §3.4.1)");
      absl::StrAppend(&domain, domain.empty() ? "" : ".", atom);
      SkipSpace();
    } while (Take('.'));
    absl::StatusOr<std::string> normal = NormalizeDomain(domain);
    if (normal.ok()) return normal;
    if (IsAscii(domain)) return absl::AsciiStrToLower(domain);
    pos_ = start;
    return Error(normal.status().message());
  }

  absl::StatusOr<std::string> TakeAddrSpec() {
    const size_t start = pos_;
    ASSIGN_OR_RETURN(const std::string content, TakeLocalPart());
    if (!Take('@')) return Error("`@` is missing (RFC 5322 §3.4.1)");
    AddrSpec addr_spec;
    addr_spec.local_part = QuoteLocalPart(content);
    ASSIGN_OR_RETURN(addr_spec.domain, TakeDomain());
    if (const absl::Status status = CheckAddrSpecLength(addr_spec); !status.ok()) {
      pos_ = start;
      return Error(status.message());
    }
    return addr_spec.ToString();
  }

  // The route that once could stand before an address (obs-route, RFC 5322 §4.4), which is ignored.
  absl::Status SkipRoute() {
    if (Peek() != '@' && Peek() != ',') return absl::OkStatus();
    for (;;) {
      while (Take(',')) {
      }
      if (Take(':')) return absl::OkStatus();
      if (!Take('@')) return Error("a route is `@domain,@domain:` (RFC 5322 §4.4)");
      RETURN_IF_ERROR(TakeDomain().status());
      if (Peek() != ',' && Peek() != ':') return Error("a route ends in a colon (RFC 5322 §4.4)");
    }
  }

  // Continues after the opening angle bracket.
  absl::StatusOr<std::string> TakeAngleAddress() {
    RETURN_IF_ERROR(SkipRoute());
    ASSIGN_OR_RETURN(std::string address, TakeAddrSpec());
    if (!Take('>')) return Error("`>` is missing (RFC 5322 §3.4)");
    return address;
  }

  // Continues after a group's colon.
  absl::StatusOr<std::vector<Mailbox>> TakeMembers() {
    std::vector<Mailbox> members;
    while (!Take(';')) {
      if (Take(',')) continue;
      if (pos_ == text_.size()) return Error("a group ends in a semicolon (RFC 5322 §3.4)");
      ASSIGN_OR_RETURN(Address member, TakeAddress(/*in_group=*/true));
      members.push_back(std::get<Mailbox>(std::move(member)));
      if (Peek() != ',' && Peek() != ';') {
        return Error("a comma or a semicolon must follow a group's member (RFC 5322 §3.4)");
      }
    }
    return members;
  }

  absl::StatusOr<Address> TakeAddress(bool in_group) {
    const size_t start = pos_;
    if (Peek() == '.') return Error("an address cannot begin with a dot (RFC 5322 §3.4)");
    ASSIGN_OR_RETURN(std::string name, TakePhrase());
    const bool has_name = pos_ > start;
    if (Take('<')) {
      ASSIGN_OR_RETURN(std::string address, TakeAngleAddress());
      return Address(Mailbox{std::move(address), std::move(name)});
    }
    if (has_name && Peek() == ':') {
      if (in_group) return Error("a group cannot hold a group (RFC 5322 §3.4)");
      Take(':');
      ASSIGN_OR_RETURN(std::vector<Mailbox> members, TakeMembers());
      return Address(Group{std::move(name), std::move(members)});
    }
    if (!has_name) return Error("not allowed at the beginning of an address (RFC 5322 §3.4)");
    if (Peek() != '@') return Error("`@`, `<` or `:` must follow (RFC 5322 §3.4)");
    pos_ = start;
    ASSIGN_OR_RETURN(std::string address, TakeAddrSpec());
    return Address(Mailbox{std::move(address), ""});
  }

  const absl::string_view text_;
  size_t pos_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<Address>> ParseAddressList(absl::string_view text) {
  if (!IsValidUtf8(text)) return absl::InvalidArgumentError("not valid UTF-8 (RFC 6532 §3.1)");
  return AddressListParser(text).Parse();
}

}  // namespace mailstrom::message
