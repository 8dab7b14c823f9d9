// Writes composed messages and the contents they were made from, one JSON object a line, for a
// judge in another language. Usage: compose_samples SEED COUNT

#include <cstdint>
#include <cstdio>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "message/message.h"
#include "tests/message/content_generator.h"

namespace mailstrom::message {
namespace {

std::string Quote(absl::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json.push_back('\\');
      json.push_back(c);
    } else if (static_cast<unsigned char>(c) < ' ') {
      absl::StrAppendFormat(&json, "\\u%04x", c);
    } else {
      json.push_back(c);
    }
  }
  return json + "\"";
}

template <typename T, typename ToJson>
std::string List(const std::vector<T>& values, ToJson to_json) {
  std::string json = "[";
  for (const T& value : values) absl::StrAppend(&json, json == "[" ? "" : ",", to_json(value));
  return json + "]";
}

class SampleWriter {
 public:
  explicit SampleWriter(uint64_t seed) : generator_(seed), random_(seed + 1) {}

  // False when a content is refused.
  bool WriteNext() {
    const Content content = generator_.Next();
    const Prepared prepared =
        Compose(content, {absl::FromUnixSeconds(1767323045), "mx.example", &random_});
    for (const Violation& violation : prepared.violations) {
      absl::FPrintF(stderr, "refused: %s %s\n", violation.field, violation.description);
    }
    if (!prepared.violations.empty()) return false;
    absl::PrintF("%s\n", ToJson(content, prepared));
    return true;
  }

 private:
  std::string ToJson(const Mailbox& mailbox) const {
    const ReadAddress& read = generator_.addresses().at(mailbox.address);
    return absl::StrCat("[", Quote(mailbox.display_name), ",", Quote(read.local_part), ",",
                        Quote(read.domain), "]");
  }

  // A mailbox as a list, a group as an object.
  std::string ToJson(const Address& address) const {
    if (const auto* mailbox = std::get_if<Mailbox>(&address)) return ToJson(*mailbox);
    const auto& group = std::get<Group>(address);
    return absl::StrCat(
        "{\"name\":", Quote(group.display_name), ",\"members\":",
        List(group.members, [this](const Mailbox& member) { return ToJson(member); }), "}");
  }

  std::string ToJson(const std::vector<Address>& addresses) const {
    return List(addresses, [this](const Address& address) { return ToJson(address); });
  }

  static std::string ToJson(const Attachment& attachment) {
    return absl::StrCat("{\"filename\":", Quote(attachment.filename),
                        ",\"content_type\":", Quote(attachment.content_type), ",\"data\":\"",
                        absl::Base64Escape(attachment.data),
                        "\",\"content_id\":", Quote(attachment.content_id), "}");
  }

  static std::string ToJson(const HeaderField& header) {
    return absl::StrCat("[", Quote(header.name), ",", Quote(header.value), "]");
  }

  std::string ToJson(const Content& content, const Prepared& prepared) const {
    const Message& message = prepared.message;
    const auto to_json = [](const auto& value) { return ToJson(value); };
    const absl::Time date = content.date.value_or(absl::FromUnixSeconds(1767323045));
    return absl::StrCat(
        "{\"message\":\"", absl::Base64Escape(message.bytes),
        "\",\"smtputf8\":", message.needs_smtputf8 ? "true" : "false",
        ",\"from\":", ToJson(content.from),
        ",\"sender\":", content.sender.has_value() ? ToJson(*content.sender) : "null",
        ",\"reply_to\":", ToJson(content.reply_to), ",\"to\":", ToJson(content.to),
        ",\"cc\":", ToJson(content.cc), ",\"subject\":", Quote(content.subject),
        ",\"date\":", absl::ToUnixSeconds(date), ",\"message_id\":", Quote(message.message_id),
        ",\"in_reply_to\":", List(content.in_reply_to, Quote),
        ",\"references\":", List(content.references, Quote), ",\"text\":", Quote(content.text),
        ",\"html\":", Quote(content.html), ",\"attachments\":", List(content.attachments, to_json),
        ",\"headers\":", List(content.headers, to_json),
        ",\"list_unsubscribe_uris\":", List(content.list_unsubscribe_uris, Quote), "}");
  }

  ContentGenerator generator_;
  SeededRandomSource random_;
};

}  // namespace
}  // namespace mailstrom::message

int main(int argc, char** argv) {
  uint64_t seed = 0;
  int count = 0;
  if (argc != 3 || !absl::SimpleAtoi(argv[1], &seed) || !absl::SimpleAtoi(argv[2], &count)) {
    absl::FPrintF(stderr, "usage: compose_samples SEED COUNT\n");
    return 2;
  }
  mailstrom::message::SampleWriter writer(seed);
  for (int i = 0; i < count; ++i) {
    if (!writer.WriteNext()) return 1;
  }
  return 0;
}
