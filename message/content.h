#ifndef MAILSTROM_MESSAGE_CONTENT_H_
#define MAILSTROM_MESSAGE_CONTENT_H_

// The parts from which a message is composed, as plain values. All text is UTF-8.

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"

namespace mailstrom::message {

// An addr-spec (`local-part@domain`, RFC 5322 §3.4.1 or RFC 6532) with an optional display name.
struct Mailbox {
  std::string address;
  std::string display_name;
};

// A named list of mailboxes, possibly empty (RFC 5322 §3.4).
struct Group {
  std::string display_name;
  std::vector<Mailbox> members;
};

using Address = std::variant<Mailbox, Group>;

struct Attachment {
  std::string filename;
  // `application/octet-stream` when empty.
  std::string content_type;
  std::string data;
  // For a part that the HTML shows by `cid:` (RFC 2392), without angle brackets; else empty.
  std::string content_id;
};

struct HeaderField {
  std::string name;
  std::string value;
};

struct Content {
  std::vector<Address> from;
  std::optional<Mailbox> sender;
  std::vector<Address> reply_to;
  std::vector<Address> to;
  std::vector<Address> cc;
  // Never part of the message.
  std::vector<Address> bcc;
  std::string subject;
  // The time of composing when unset.
  std::optional<absl::Time> date;
  // Without angle brackets; made when empty.
  std::string message_id;
  std::vector<std::string> in_reply_to;
  std::vector<std::string> references;
  std::string text;
  std::string html;
  std::vector<Attachment> attachments;
  std::vector<HeaderField> headers;
  std::vector<std::string> list_unsubscribe_uris;
};

}  // namespace mailstrom::message

#endif  // MAILSTROM_MESSAGE_CONTENT_H_
