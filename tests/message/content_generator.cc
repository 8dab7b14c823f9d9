#include "tests/message/content_generator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace mailstrom::message {
namespace {

// Domains as a caller writes them and as they must come out.
struct Domain {
  absl::string_view text;
  absl::string_view ascii;
};

constexpr Domain kDomains[] = {
    {"example.com", "example.com"},
    {"EXAMPLE.Org", "example.org"},
    {"a.b.c.d.example", "a.b.c.d.example"},
    {"bücher.example", "xn--bcher-kva.example"},
    {"faß.example", "xn--fa-hia.example"},
    {"例え.テスト", "xn--r8jz45g.xn--zckzah"},
    {"[192.0.2.1]", "[192.0.2.1]"},
    {"[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]"},
    {"a-very-long-label-that-is-still-within-the-limit-of-63-octets.example",
     "a-very-long-label-that-is-still-within-the-limit-of-63-octets.example"},
};

std::string EncodeUtf8(uint32_t code_point) {
  std::string text;
  if (code_point < 0x80) {
    text.push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    text.push_back(static_cast<char>(0xc0 | code_point >> 6));
    text.push_back(static_cast<char>(0x80 | (code_point & 63)));
  } else if (code_point < 0x10000) {
    text.push_back(static_cast<char>(0xe0 | code_point >> 12));
    text.push_back(static_cast<char>(0x80 | (code_point >> 6 & 63)));
    text.push_back(static_cast<char>(0x80 | (code_point & 63)));
  } else {
    text.push_back(static_cast<char>(0xf0 | code_point >> 18));
    text.push_back(static_cast<char>(0x80 | (code_point >> 12 & 63)));
    text.push_back(static_cast<char>(0x80 | (code_point >> 6 & 63)));
    text.push_back(static_cast<char>(0x80 | (code_point & 63)));
  }
  return text;
}

bool IsSurrogate(uint32_t code_point) { return code_point >= 0xd800 && code_point <= 0xdfff; }

// The whole characters among the first `max_bytes` of `text`.
std::string Cut(std::string text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  while ((text[max_bytes] & 0xc0) == 0x80) --max_bytes;
  return text.substr(0, max_bytes);
}

std::string Quote(absl::string_view content) {
  std::string quoted = "\"";
  for (const char c : content) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return absl::StrCat(quoted, "\"");
}

}  // namespace

absl::string_view ContentGenerator::Pick(std::initializer_list<absl::string_view> choices) {
  return choices.begin()[Draw(choices.size())];
}

std::string ContentGenerator::Character() {
  switch (Draw(6)) {
    case 0:
      return std::string(1, static_cast<char>(' ' + 1 + Draw(94)));
    case 1:
      return EncodeUtf8(0xa0 + Draw(0x500));
    case 2:
      return EncodeUtf8(0x4e00 + Draw(0x5000));
    case 3:
      return EncodeUtf8(0x1f300 + Draw(0x300));
    case 4:
      return std::string(Pick({"\u0301", "\u200d", "\u202e", "\ufeff", "\u00a0", "\u00ad", "\ufffe",
                               "\U0010ffff", "\u0590", "\u2003"}));
    default:
      for (;;) {
        const uint32_t code_point = 0xa0 + Draw(0x110000 - 0xa0);
        if (!IsSurrogate(code_point)) return EncodeUtf8(code_point);
      }
  }
}

std::string ContentGenerator::Word() {
  switch (Draw(12)) {
    case 0:
    case 1:
    case 2:
      return std::string(Pick({"hello", "a", "Dr.", "O'Neil", "re:", "50%", "x=1", "C++", "#1"}));
    case 3:
      return std::string(Pick({"=?utf-8?q?x?=", "=?", "?=", "=?utf-8?b?", "=3D", "_", "=", "?"}));
    case 4:
      return std::string(Pick({"\"", "\\", "\\\"",       "(", ")", "()",  "<a@b>",      "<",    ">",
                               ",",  ";",  ":",          "@", "[", "]",   "\"quoted\"", "a\\b", ".",
                               "..", "''", "utf-8''%41", "%", "*", "To:", "--"}));
    case 5:
      return std::string(Pick({"Grüße", "naïve", "Ωμέγα", "мир", "日本語", "שלום", "مرحبا",
                               "👩‍👩‍👧‍👦", "🇪🇺", "ﬁ", "e\u0301", "ß"}));
    case 6:
      return std::string(1 + Draw(90), 'x');
    case 7:
      return OneIn(8) ? std::string(70 + Draw(900), 'y') : "long";
    default: {
      std::string word;
      for (size_t i = 1 + Draw(12); i > 0; --i) {
        absl::StrAppend(&word,
                        OneIn(2) ? std::string(1, static_cast<char>('a' + Draw(26))) : Character());
      }
      return word;
    }
  }
}

std::string ContentGenerator::Line(size_t max_words) {
  std::string line;
  for (size_t words = Draw(max_words + 1); words > 0; --words) {
    absl::StrAppend(&line, Word());
    if (words > 1 || OneIn(20)) line.append(OneIn(12) ? 1 + Draw(4) : 1, ' ');
  }
  if (OneIn(25)) line.insert(0, 1 + Draw(3), ' ');
  if (OneIn(40)) line.append(Draw(100), ' ');
  return line;
}

std::string ContentGenerator::TrimmedLine(size_t max_words) {
  return std::string(absl::StripAsciiWhitespace(Line(max_words)));
}

std::string ContentGenerator::Atom(bool utf8) {
  constexpr absl::string_view kAtext =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~";
  std::string atom;
  for (size_t i = 1 + Draw(12); i > 0; --i) {
    if (utf8 && OneIn(2)) {
      absl::StrAppend(&atom, Pick({"ü", "é", "ж", "字", "ñ", "😀"}));
    } else {
      atom.push_back(kAtext[Draw(OneIn(4) ? kAtext.size() : 62)]);
    }
  }
  return atom;
}

Mailbox ContentGenerator::NextMailbox() {
  const Domain& domain = kDomains[Draw(std::size(kDomains))];
  ReadAddress read;
  read.domain = std::string(domain.ascii);
  std::string local_part;
  if (OneIn(10)) {
    read.local_part = std::string(
        Pick({"a b", "a@b", "", ".a", "a..b", "a.", "a,b", "a\"b", "a\\b", "(a)", "<a>", "a:b;"}));
    local_part = Quote(read.local_part);
  } else {
    const bool utf8 = OneIn(30);
    read.local_part = Atom(utf8);
    while (OneIn(3)) absl::StrAppend(&read.local_part, ".", Atom(utf8));
    if (read.local_part.size() > 64) read.local_part = "short";
    local_part = read.local_part;
  }
  Mailbox mailbox;
  mailbox.address = absl::StrCat(local_part, "@", domain.text);
  if (!OneIn(3)) mailbox.display_name = Cut(Line(4), 1000);
  addresses_[mailbox.address] = std::move(read);
  return mailbox;
}

Address ContentGenerator::NextAddress() {
  if (!OneIn(8)) return NextMailbox();
  Group group;
  group.display_name = Cut(TrimmedLine(3), 1000);
  if (group.display_name.empty()) group.display_name = "Group";
  for (size_t i = Draw(4); i > 0; --i) group.members.push_back(NextMailbox());
  return group;
}

std::vector<Address> ContentGenerator::Addresses(size_t max_count) {
  std::vector<Address> addresses;
  for (size_t i = Draw(max_count + 1); i > 0; --i) addresses.push_back(NextAddress());
  return addresses;
}

std::string ContentGenerator::Id() {
  std::string left = Atom(false);
  while (OneIn(2)) absl::StrAppend(&left, ".", Atom(false));
  if (OneIn(30)) left.append(100 + Draw(700), 'i');
  return absl::StrCat(left, "@", Pick({"example.com", "mx.example.org", "[192.0.2.1]", "host"}));
}

std::string ContentGenerator::BodyLine() {
  switch (Draw(14)) {
    case 0:
      return "";
    case 1:
      return std::string(
          Pick({".", "..", ".x", "From here", ">From", "--", "--=_", "--=_0",
                "Content-Type: text/html", "begin 644 x", "=", "=3D", "=\t", "-- "}));
    case 2:
      return absl::StrCat(Line(6), Pick({" ", "  ", "\t", " \t"}));
    case 3:
      return OneIn(6) ? std::string(990 + Draw(20), 'z') : std::string(70 + Draw(10), 'w');
    case 4:
      return std::string(Draw(8), '=');
    case 5: {
      std::string line;
      for (size_t i = Draw(60); i > 0; --i) absl::StrAppend(&line, Character());
      return line;
    }
    case 6:
      return std::string(Pick({"\t", " ", "\x01\x02", "\x7f", "\x1b[0m", "\f", "a\tb"}));
    default:
      return std::string(
          Pick({"The quick brown fox jumps over the lazy dog.", "Plain text.", "ok", "1 < 2 > 0"}));
  }
}

std::string ContentGenerator::Body() {
  std::string body;
  const absl::string_view line_end = Pick({"\n", "\r\n", "\n", "\r"});
  for (size_t lines = Draw(12); lines > 0; --lines) {
    absl::StrAppend(&body, BodyLine(), OneIn(30) ? absl::string_view("\r\n") : line_end);
  }
  if (OneIn(3)) absl::StrAppend(&body, BodyLine());
  return body;
}

std::string ContentGenerator::Bytes() {
  std::string bytes;
  const size_t size = OneIn(5) ? Draw(4) : OneIn(20) ? Draw(20000) : Draw(400);
  const size_t kind = Draw(3);
  for (size_t i = 0; i < size; ++i) {
    bytes.push_back(kind == 0   ? static_cast<char>(random_.Next())
                    : kind == 1 ? "aA \t\r\n.=-"[Draw(9)]
                                : static_cast<char>('a' + Draw(26)));
  }
  return bytes;
}

Attachment ContentGenerator::NextAttachment(std::string& html) {
  Attachment attachment;
  if (!OneIn(10)) attachment.filename = Cut(Line(3), 1000);
  attachment.content_type = std::string(Pick(
      {"", "image/png", "text/plain", "text/csv; charset=utf-8", "text/html", "application/pdf",
       "application/x-a.b+c", "Audio/MPEG", "application/octet-stream; x=\"a b;c\""}));
  attachment.data = OneIn(2) ? Bytes() : Body();
  if (OneIn(3)) {
    attachment.content_id = Id();
    if (!html.empty()) absl::StrAppend(&html, "<img src=\"cid:", attachment.content_id, "\">");
  }
  return attachment;
}

HeaderField ContentGenerator::NextHeader(size_t index) {
  HeaderField header;
  header.name = absl::StrCat("X-Test-", index, std::string(OneIn(10) ? Draw(60) : 0, 'n'));
  header.value = TrimmedLine(20);
  return header;
}

void ContentGenerator::AddLists(Content& content) {
  for (size_t i = OneIn(3) ? Draw(3) : 0; i > 0; --i) content.in_reply_to.push_back(Id());
  for (size_t i = OneIn(3) ? Draw(12) : 0; i > 0; --i) content.references.push_back(Id());
  if (OneIn(4)) {
    content.list_unsubscribe_uris = {"mailto:leave@example.com?subject=unsubscribe%20me"};
    if (OneIn(2)) {
      content.list_unsubscribe_uris.push_back(
          absl::StrCat("https://example.com/leave?x=", std::string(Draw(200), 'u')));
    }
  }
  for (size_t i = Draw(4); i > 0; --i) content.headers.push_back(NextHeader(i));
}

Content ContentGenerator::Next() {
  Content content;
  content.from = {NextAddress()};
  if (OneIn(6)) content.from.push_back(NextAddress());
  // Needed when there are several authors.
  if (OneIn(5) || content.from.size() > 1 || content.from.front().index() == 1) {
    content.sender = NextMailbox();
  }
  if (OneIn(4)) content.reply_to = Addresses(2);
  content.to = Addresses(4);
  if (OneIn(3)) content.cc = Addresses(3);
  if (OneIn(4)) content.bcc = Addresses(2);
  content.subject = Cut(Line(12), 4000);
  if (OneIn(2)) content.date = absl::FromUnixSeconds(static_cast<int64_t>(Draw(4102444800u)));
  if (OneIn(2)) content.message_id = Id();
  if (!OneIn(6)) content.text = Body();
  if (OneIn(2)) content.html = Body();
  for (size_t i = OneIn(2) ? Draw(4) : 0; i > 0; --i) {
    content.attachments.push_back(NextAttachment(content.html));
  }
  AddLists(content);
  return content;
}

}  // namespace mailstrom::message
