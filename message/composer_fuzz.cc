// A content is written as records that 0x1e separates; the first octet of a record says which field
// the rest belongs to, or which property of the field before it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/random_source.h"
#include "message/message.h"
#include "message/utf8.h"
#include "tests/message/message_reader.h"

namespace mailstrom::message {
namespace {

void Require(bool ok) {
  if (!ok) std::abort();
}

class FixedRandom final : public RandomSource {
 public:
  uint64_t Next() override { return ++last_; }

 private:
  uint64_t last_ = 0;
};

class ContentBuilder {
 public:
  explicit ContentBuilder(absl::string_view records) {
    for (absl::string_view record : absl::StrSplit(records, '\x1e')) {
      if (!record.empty()) Add(record.front(), std::string(record.substr(1)));
    }
  }

  Content Build() && { return std::move(content_); }

 private:
  void AddMailbox(std::vector<Address>& addresses, std::string address) {
    addresses.push_back(Mailbox{std::move(address), ""});
    last_list_ = &addresses;
  }

  void AddGroup(std::vector<Address>& addresses, std::string name) {
    addresses.push_back(Group{std::move(name), {}});
    last_list_ = &addresses;
  }

  // A member of the group, or a name of the mailbox, that was added last.
  void AddToLast(char kind, std::string value) {
    if (last_list_ == nullptr) return;
    Address& last = last_list_->back();
    if (auto* group = std::get_if<Group>(&last)) {
      if (kind == 'm') group->members.push_back(Mailbox{std::move(value), ""});
      if (kind == 'n' && !group->members.empty()) {
        group->members.back().display_name = std::move(value);
      }
    } else if (kind == 'n') {
      std::get<Mailbox>(last).display_name = std::move(value);
    }
  }

  void AddAttachmentProperty(char kind, std::string value) {
    if (content_.attachments.empty()) return;
    Attachment& last = content_.attachments.back();
    (kind == 'f'   ? last.filename
     : kind == 'y' ? last.content_type
                   : last.content_id) = std::move(value);
  }

  void AddDate(absl::string_view value) {
    int64_t seconds;
    if (absl::SimpleAtoi(value, &seconds)) content_.date = absl::FromUnixSeconds(seconds);
  }

  void Add(char kind, std::string value) {
    switch (kind) {
      case 'F':
        return AddMailbox(content_.from, std::move(value));
      case 'P':
        return AddMailbox(content_.reply_to, std::move(value));
      case 'T':
        return AddMailbox(content_.to, std::move(value));
      case 'C':
        return AddMailbox(content_.cc, std::move(value));
      case 'B':
        return AddMailbox(content_.bcc, std::move(value));
      case 'g':
        return AddGroup(content_.from, std::move(value));
      case 'G':
        return AddGroup(content_.to, std::move(value));
      case 'm':
      case 'n':
        return AddToLast(kind, std::move(value));
      case 'S':
        content_.sender = Mailbox{std::move(value), ""};
        return;
      case 's':
        content_.subject = std::move(value);
        return;
      case 'd':
        return AddDate(value);
      case 'M':
        content_.message_id = std::move(value);
        return;
      case 'I':
        content_.in_reply_to.push_back(std::move(value));
        return;
      case 'R':
        content_.references.push_back(std::move(value));
        return;
      case 't':
        content_.text = std::move(value);
        return;
      case 'h':
        content_.html = std::move(value);
        return;
      case 'A':
        content_.attachments.push_back({"", "", std::move(value), ""});
        return;
      case 'f':
      case 'y':
      case 'i':
        return AddAttachmentProperty(kind, std::move(value));
      case 'H':
        content_.headers.push_back({std::move(value), ""});
        return;
      case 'v':
        if (!content_.headers.empty()) content_.headers.back().value = std::move(value);
        return;
      case 'U':
        content_.list_unsubscribe_uris.push_back(std::move(value));
        return;
    }
  }

  Content content_;
  std::vector<Address>* last_list_ = nullptr;
};

void CheckViolations(const Prepared& prepared) {
  Require(prepared.message.bytes.empty());
  for (const Violation& violation : prepared.violations) {
    Require(!violation.field.empty() && !violation.description.empty());
    Require(IsValidUtf8(violation.field) && IsValidUtf8(violation.description));
  }
}

void CheckLines(const Message& message) {
  Require(message.needs_smtputf8 || IsAscii(message.bytes));
  Require(message.bytes.find('\0') == std::string::npos);
  size_t start = 0;
  for (size_t end; start < message.bytes.size(); start = end + 2) {
    end = message.bytes.find_first_of("\r\n", start);
    Require(end != std::string::npos && message.bytes.compare(end, 2, "\r\n") == 0);
    Require(end - start <= 998);
  }
}

void CheckComposed(Content content) {
  FixedRandom random;
  const ComposeContext context = {absl::FromUnixSeconds(1767323045), "mx.example", &random};
  const Prepared prepared = Compose(content, context);
  if (!prepared.violations.empty()) return CheckViolations(prepared);
  CheckLines(prepared.message);
  if (!content.date.has_value()) content.date = context.now;
  content.message_id = prepared.message.message_id;
  const absl::StatusOr<Content> read = ReadMessage(prepared.message.bytes);
  Require(read.ok());
  Require(DescribeDifference(*read, NormalizeContent(std::move(content))).empty());
  // A composed message is a raw message without anything to repair.
  const Prepared checked = CheckRaw(prepared.message.bytes, context);
  Require(checked.violations.empty() && checked.message.bytes == prepared.message.bytes);
}

}  // namespace
}  // namespace mailstrom::message

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mailstrom::message;
  CheckComposed(
      ContentBuilder(absl::string_view(reinterpret_cast<const char*>(data), size)).Build());
  return 0;
}
