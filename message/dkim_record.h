#ifndef MAILSTROM_MESSAGE_DKIM_RECORD_H_
#define MAILSTROM_MESSAGE_DKIM_RECORD_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "message/dkim_key.h"

namespace mailstrom::message {

// Where verifiers look for the public key: `selector._domainkey.domain` (RFC 6376 §3.6.2.1).
std::string DkimRecordName(absl::string_view domain, absl::string_view selector);

// The text of the TXT record that publishes `key` (RFC 6376 §3.6.1).
std::string DkimRecord(const DkimKey& key);

// That record as one line of a zone file, its text in strings of at most 255 octets.
std::string DkimZoneLine(absl::string_view domain, absl::string_view selector, const DkimKey& key);

// What keeps verifiers from accepting signatures of `key` when DNS has `record`, the strings of a
// TXT record joined. Empty when nothing does.
std::vector<std::string> CompareDkimRecord(absl::string_view record, const DkimKey& key);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_DKIM_RECORD_H_
