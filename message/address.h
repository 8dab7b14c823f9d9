#ifndef MAILSTROM_MESSAGE_ADDRESS_H_
#define MAILSTROM_MESSAGE_ADDRESS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mailstrom::message {

// An addr-spec in its two parts, comments and folding removed, the local-part in its shortest
// quoting.
struct AddrSpec {
  // As it is written: a dot-atom or a quoted-string. May be UTF-8 (RFC 6531).
  std::string local_part;
  // In lower-case A-labels (IDNA 2008, UTS 46), or a domain literal with its brackets.
  std::string domain;

  bool has_utf8_local_part() const;
  bool has_domain_literal() const;
  // `local_part@domain`, as an SMTP path takes it (RFC 5321 §4.1.2).
  std::string ToString() const;
};

// Parses one bare addr-spec, such as an envelope's forward-path: no display name, no angle
// brackets. Limits: local-part 64 octets, domain 255, whole path 254 (RFC 5321 §4.5.3.1).
// Nor comments, white space or obsolete forms: those belong to header fields, see address_list.h.
// InvalidArgument: the message says where and why.
absl::StatusOr<AddrSpec> ParseAddrSpec(absl::string_view text);

// A local-part whose content is `content`, in its shortest form: quoted only when it has to be.
std::string QuoteLocalPart(absl::string_view content);

// InvalidArgument when a part is over its limit.
absl::Status CheckAddrSpecLength(const AddrSpec& addr_spec);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_ADDRESS_H_
