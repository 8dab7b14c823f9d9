#ifndef MAILSTROM_MESSAGE_ORIGINATORS_H_
#define MAILSTROM_MESSAGE_ORIGINATORS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace mailstrom::message {

// One mailbox that a message claims to come from.
struct Originator {
  // The field that says so, such as `From`.
  std::string field;
  // In lower-case A-labels, or a domain literal with its brackets; empty when the field cannot be
  // understood.
  std::string domain;

  bool operator==(const Originator& other) const = default;
};

// Every mailbox of the originator fields (RFC 5322 §3.6.2) and of those of a resender (§3.6.6):
// From, Sender, Resent-From and Resent-Sender, in the order of the header.
std::vector<Originator> FindOriginators(absl::string_view message);

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_ORIGINATORS_H_
