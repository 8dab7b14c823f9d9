#include "message/dkim_signer.h"

#include <openssl/sha.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "message/address.h"
#include "message/address_list.h"
#include "message/field_parser.h"

namespace mailstrom::message {
namespace {

constexpr absl::string_view kSignedFields[] = {"From",
                                               "Sender",
                                               "Reply-To",
                                               "To",
                                               "Cc",
                                               "Subject",
                                               "Date",
                                               "Message-ID",
                                               "In-Reply-To",
                                               "References",
                                               "MIME-Version",
                                               "Content-Type",
                                               "Content-Transfer-Encoding",
                                               "Content-Disposition",
                                               "Content-ID",
                                               "Content-Description",
                                               "Resent-Date",
                                               "Resent-From",
                                               "Resent-Sender",
                                               "Resent-To",
                                               "Resent-Cc",
                                               "Resent-Message-ID",
                                               "List-Id",
                                               "List-Help",
                                               "List-Subscribe",
                                               "List-Unsubscribe",
                                               "List-Unsubscribe-Post",
                                               "List-Post",
                                               "List-Owner",
                                               "List-Archive"};

constexpr size_t kMaxLineSize = 78;

std::string Sha256(absl::string_view data) {
  uint8_t digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const uint8_t*>(data.data()), data.size(), digest);
  return std::string(reinterpret_cast<const char*>(digest), sizeof(digest));
}

// What is the same in the signatures of all keys.
class Signer {
 public:
  Signer(absl::string_view message, absl::string_view domain, absl::Time now,
         const DkimSignOptions& options)
      : header_(ParseHeaderBlock(message)), domain_(domain), now_(now), options_(options) {
    body_digest_ = BodyDigest(options_.body, message.substr(header_.size));
    for (const absl::string_view name : kSignedFields) AddFields(name);
  }

  std::string Sign(const DkimSelectorKey& key) const {
    std::string value =
        absl::StrCat(" v=1; a=", DkimAlgorithmName(key.key.algorithm()),
                     "; c=", DkimCanonicalizationName(options_.header), "/",
                     DkimCanonicalizationName(options_.body), ";\r\n d=", domain_,
                     ";\r\n s=", key.selector, ";\r\n t=", absl::ToUnixSeconds(now_),
                     "; bh=", absl::Base64Escape(body_digest_), ";\r\n h=");
    AppendNames(value);
    value += ";\r\n b=";
    // RFC 6376 §3.7: the signature's own field comes last, its b= empty and without a line end.
    std::string signed_data = canonical_fields_ + CanonicalField(options_.header, kName, value);
    signed_data.resize(signed_data.size() - 2);
    AppendFolded(absl::Base64Escape(key.key.Sign(Sha256(signed_data))), value);
    return absl::StrCat(kName, ":", value, "\r\n");
  }

 private:
  static constexpr absl::string_view kName = "DKIM-Signature";

  // Signs every instance of a field, the last one first (RFC 6376 §5.4.2).
  void AddFields(absl::string_view name) {
    for (auto field = header_.fields.rbegin(); field != header_.fields.rend(); ++field) {
      if (!field->Is(name)) continue;
      names_.push_back(name);
      canonical_fields_ += CanonicalField(options_.header, field->name, field->value);
    }
    if (name == "From") names_.push_back(name);
  }

  void AppendNames(std::string& value) const {
    size_t line_size = 3;
    for (size_t i = 0; i < names_.size(); ++i) {
      if (i > 0) {
        value += ":";
        ++line_size;
      }
      if (line_size + names_[i].size() + 1 > kMaxLineSize) {
        value += "\r\n ";
        line_size = 1;
      }
      absl::StrAppend(&value, names_[i]);
      line_size += names_[i].size();
    }
  }

  static void AppendFolded(absl::string_view base64, std::string& value) {
    size_t room = kMaxLineSize - 3;
    while (!base64.empty()) {
      const absl::string_view piece = base64.substr(0, room);
      absl::StrAppend(&value, piece);
      base64.remove_prefix(piece.size());
      if (!base64.empty()) value += "\r\n ";
      room = kMaxLineSize - 1;
    }
  }

  const HeaderBlock header_;
  const absl::string_view domain_;
  const absl::Time now_;
  const DkimSignOptions options_;
  std::string body_digest_;
  // In the order of the h= tag.
  std::vector<absl::string_view> names_;
  std::string canonical_fields_;
};

// The first mailbox of `addresses`, members of groups included, or null.
const Mailbox* FirstMailbox(const std::vector<Address>& addresses) {
  for (const Address& address : addresses) {
    if (const auto* mailbox = std::get_if<Mailbox>(&address)) return mailbox;
    const auto& members = std::get<Group>(address).members;
    if (!members.empty()) return &members.front();
  }
  return nullptr;
}

}  // namespace

std::string DkimSign(absl::string_view message, const DkimDomainKeys& keys, absl::Time now,
                     const DkimSignOptions& options) {
  const Signer signer(message, keys.domain, now, options);
  std::string fields;
  for (const DkimSelectorKey& key : keys.keys) fields += signer.Sign(key);
  return fields;
}

std::string AuthorDomain(absl::string_view message) {
  const HeaderBlock header = ParseHeaderBlock(message);
  const Field* from = header.Find("From");
  if (from == nullptr) return "";
  const absl::StatusOr<std::vector<Address>> addresses = ParseAddressList(Unfold(from->value));
  if (!addresses.ok()) return "";
  const Mailbox* author = FirstMailbox(*addresses);
  if (author == nullptr) return "";
  const absl::StatusOr<AddrSpec> addr_spec = ParseAddrSpec(author->address);
  return addr_spec.ok() && !addr_spec->has_domain_literal() ? addr_spec->domain : "";
}

}  // namespace mailstrom::message
