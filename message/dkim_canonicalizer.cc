#include "message/dkim_canonicalizer.h"

#include <openssl/sha.h>

#include <cstddef>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "message/character_class.h"

namespace mailstrom::message {
namespace {

class Sha256 {
 public:
  Sha256() { SHA256_Init(&context_); }

  void Add(absl::string_view data) { SHA256_Update(&context_, data.data(), data.size()); }

  std::string Finish() {
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256_Final(digest, &context_);
    return std::string(reinterpret_cast<const char*>(digest), sizeof(digest));
  }

 private:
  SHA256_CTX context_;
};

// The end of the run of white space at `pos`.
size_t SkipWsp(absl::string_view text, size_t pos) {
  while (pos < text.size() && IsWsp(text[pos])) ++pos;
  return pos;
}

absl::string_view StripTrailingWsp(absl::string_view text) {
  while (!text.empty() && IsWsp(text.back())) text.remove_suffix(1);
  return text;
}

// Adds a line without trailing white space; every run of white space in it becomes one space.
void AddRelaxedLine(absl::string_view line, Sha256& hash) {
  size_t begin = 0;
  for (size_t pos = 0; pos < line.size(); ++pos) {
    if (!IsWsp(line[pos])) continue;
    const size_t end = SkipWsp(line, pos);
    if (end == pos + 1 && line[pos] == ' ') continue;
    hash.Add(line.substr(begin, pos - begin));
    hash.Add(" ");
    begin = end;
    pos = end - 1;
  }
  hash.Add(line.substr(begin));
}

}  // namespace

absl::string_view DkimCanonicalizationName(DkimCanonicalization canonicalization) {
  return canonicalization == DkimCanonicalization::kRelaxed ? "relaxed" : "simple";
}

std::string CanonicalField(DkimCanonicalization canonicalization, absl::string_view name,
                           absl::string_view value) {
  if (canonicalization == DkimCanonicalization::kSimple) {
    return absl::StrCat(name, ":", value, "\r\n");
  }
  std::string result = absl::StrCat(absl::AsciiStrToLower(name), ":");
  const size_t value_begin = result.size();
  bool space = false;
  for (const char c : value) {
    if (c == '\r' || c == '\n') continue;
    if (IsWsp(c)) {
      space = true;
      continue;
    }
    if (space && result.size() > value_begin) result.push_back(' ');
    space = false;
    result.push_back(c);
  }
  result += "\r\n";
  return result;
}

std::string BodyDigest(DkimCanonicalization canonicalization, absl::string_view body) {
  const bool relaxed = canonicalization == DkimCanonicalization::kRelaxed;
  Sha256 hash;
  // Empty lines count only when another line follows.
  size_t empty_lines = 0;
  bool has_lines = false;
  while (!body.empty()) {
    const size_t line_feed = body.find('\n');
    absl::string_view line = body.substr(0, line_feed);
    body.remove_prefix(line_feed == absl::string_view::npos ? body.size() : line_feed + 1);
    absl::ConsumeSuffix(&line, "\r");
    if (relaxed) line = StripTrailingWsp(line);
    if (line.empty()) {
      ++empty_lines;
      continue;
    }
    for (; empty_lines > 0; --empty_lines) hash.Add("\r\n");
    if (relaxed) {
      AddRelaxedLine(line, hash);
    } else {
      hash.Add(line);
    }
    hash.Add("\r\n");
    has_lines = true;
  }
  // RFC 6376 §3.4.3: an empty body is one empty line; §3.4.4: it is nothing.
  if (!has_lines && !relaxed) hash.Add("\r\n");
  return hash.Finish();
}

}  // namespace mailstrom::message
