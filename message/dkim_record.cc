#include "message/dkim_record.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace mailstrom::message {
namespace {

constexpr size_t kMaxDnsStringSize = 255;

absl::string_view KeyType(const DkimKey& key) {
  return key.algorithm() == DkimAlgorithm::kRsaSha256 ? "rsa" : "ed25519";
}

// One tag=value of a tag-list (RFC 6376 §3.2), without white space around either.
using Tag = std::pair<absl::string_view, absl::string_view>;

// The value of the tag of that name, or `fallback`.
absl::string_view ValueOf(const std::vector<Tag>& tags, absl::string_view name,
                          absl::string_view fallback) {
  const auto it =
      std::find_if(tags.begin(), tags.end(), [&](const Tag& tag) { return tag.first == name; });
  return it == tags.end() ? fallback : it->second;
}

bool HasTag(const std::vector<Tag>& tags, absl::string_view name) {
  return std::any_of(tags.begin(), tags.end(), [&](const Tag& tag) { return tag.first == name; });
}

// Whether one of the colon-separated words of `list` is `word`.
bool Lists(absl::string_view list, absl::string_view word) {
  for (const absl::string_view item : absl::StrSplit(list, ':')) {
    if (absl::StripAsciiWhitespace(item) == word) return true;
  }
  return false;
}

// Gathers what is wrong with one record.
class Comparison {
 public:
  Comparison(absl::string_view record, const DkimKey& key) : key_(key) { Split(record); }

  std::vector<std::string> Run() {
    if (!problems_.empty()) return std::move(problems_);
    if (ValueOf(tags_, "v", "DKIM1") != "DKIM1" ||
        (HasTag(tags_, "v") && tags_.front().first != "v")) {
      Add("v=DKIM1 must come first");
    }
    const absl::string_view type = ValueOf(tags_, "k", "rsa");
    if (type != KeyType(key_))
      Add(absl::StrCat("k=", type, " is not the type of the key, ", KeyType(key_)));
    const absl::string_view hashes = ValueOf(tags_, "h", "sha256");
    if (!Lists(hashes, "sha256")) Add(absl::StrCat("h=", hashes, " does not allow sha256"));
    const absl::string_view services = ValueOf(tags_, "s", "*");
    if (!Lists(services, "*") && !Lists(services, "email")) {
      Add(absl::StrCat("s=", services, " does not allow email"));
    }
    if (Lists(ValueOf(tags_, "t", ""), "y")) {
      Add("t=y: the domain tests DKIM, so verifiers ignore its signatures");
    }
    ComparePublicKey();
    return std::move(problems_);
  }

 private:
  void Add(absl::string_view problem) { problems_.emplace_back(problem); }

  void Split(absl::string_view record) {
    for (const absl::string_view item : absl::StrSplit(record, ';')) {
      if (absl::StripAsciiWhitespace(item).empty()) continue;
      const std::pair<absl::string_view, absl::string_view> tag =
          absl::StrSplit(item, absl::MaxSplits('=', 1));
      const absl::string_view name = absl::StripAsciiWhitespace(tag.first);
      if (!absl::StrContains(item, '=') || name.empty()) {
        Add(absl::StrCat("not a list of tag=value: ", item));
      } else if (HasTag(tags_, name)) {
        Add(absl::StrCat("the tag ", name, " is repeated"));
      }
      tags_.emplace_back(name, absl::StripAsciiWhitespace(tag.second));
    }
    if (!HasTag(tags_, "p")) Add("there is no public key (p=)");
  }

  void ComparePublicKey() {
    std::string text(ValueOf(tags_, "p", ""));
    text.erase(
        std::remove_if(text.begin(), text.end(),
                       [](char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }),
        text.end());
    std::string public_key;
    if (text.empty()) {
      Add("the key is revoked (p= is empty)");
    } else if (!absl::Base64Unescape(text, &public_key)) {
      Add("p= is not base64");
    } else if (!key_.HasPublicKey(public_key)) {
      Add("p= is not the public key of the configured private key");
    }
  }

  const DkimKey& key_;
  std::vector<Tag> tags_;
  std::vector<std::string> problems_;
};

}  // namespace

std::string DkimRecordName(absl::string_view domain, absl::string_view selector) {
  return absl::StrCat(selector, "._domainkey.", domain);
}

std::string DkimRecord(const DkimKey& key) {
  return absl::StrCat("v=DKIM1; k=", KeyType(key), "; p=", absl::Base64Escape(key.PublicKey()));
}

std::string DkimZoneLine(absl::string_view domain, absl::string_view selector, const DkimKey& key) {
  const std::string record = DkimRecord(key);
  std::string line = absl::StrCat(DkimRecordName(domain, selector), ". IN TXT (");
  for (size_t pos = 0; pos < record.size(); pos += kMaxDnsStringSize) {
    absl::StrAppend(&line, " \"", record.substr(pos, kMaxDnsStringSize), "\"");
  }
  absl::StrAppend(&line, " )");
  return line;
}

std::vector<std::string> CompareDkimRecord(absl::string_view record, const DkimKey& key) {
  return Comparison(record, key).Run();
}

}  // namespace mailstrom::message
