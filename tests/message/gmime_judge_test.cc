// Composed messages of a random seed, judged by GMime: every value must come back equal.
// MAILSTROM_SEED repeats a run.

#include <gmime/gmime.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "message/message.h"
#include "tests/message/content_generator.h"

namespace mailstrom::message {
namespace {

constexpr int kMessages = 5000;

uint64_t Seed() {
  uint64_t seed = std::random_device()();
  const char* given = std::getenv("MAILSTROM_SEED");
  if (given != nullptr && !absl::SimpleAtoi(given, &seed)) ADD_FAILURE() << "MAILSTROM_SEED";
  return seed;
}

struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
};

template <typename T>
using Owned = std::unique_ptr<T, Unref>;

std::string ToString(const char* text) { return text == nullptr ? "" : text; }

// Text with one kind of line end, and a last line that has one.
std::string Canonical(absl::string_view text) {
  std::string lines = absl::StrReplaceAll(text, {{"\r\n", "\n"}, {"\r", "\n"}});
  if (!lines.empty() && lines.back() != '\n') lines.push_back('\n');
  return lines;
}

// A name as GMime gives it: without white space at its ends.
std::string Stripped(absl::string_view name) {
  return std::string(absl::StripAsciiWhitespace(name));
}

// Addresses as text: `name <address>` a line, groups as `name: members ;`.
std::string Describe(InternetAddressList* addresses) {
  std::string text;
  for (int i = 0; addresses != nullptr && i < internet_address_list_length(addresses); ++i) {
    InternetAddress* address = internet_address_list_get_address(addresses, i);
    const std::string name = Stripped(ToString(internet_address_get_name(address)));
    if (INTERNET_ADDRESS_IS_GROUP(address)) {
      absl::StrAppend(&text, name, ":\n",
                      Describe(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(address))),
                      ";\n");
    } else {
      absl::StrAppend(&text, name, " <",
                      internet_address_mailbox_get_idn_addr(INTERNET_ADDRESS_MAILBOX(address)),
                      ">\n");
    }
  }
  return text;
}

class MessageJudge {
 public:
  MessageJudge(const Content& content, const std::map<std::string, ReadAddress>& addresses,
               const Message& message)
      : content_(content), addresses_(addresses), composed_(message) {
    const Owned<GMimeStream> stream(
        g_mime_stream_mem_new_with_buffer(message.bytes.data(), message.bytes.size()));
    const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
    message_.reset(g_mime_parser_construct_message(parser.get(), nullptr));
  }

  void Judge() {
    ASSERT_NE(message_, nullptr);
    JudgeAddresses();
    JudgeFields();
    CollectParts();
    EXPECT_EQ(text_, Canonical(content_.text));
    EXPECT_EQ(html_, Canonical(content_.html));
    JudgeAttachments();
  }

 private:
  std::string Describe(const Mailbox& mailbox) const {
    const size_t at = mailbox.address.rfind('@');
    return absl::StrCat(Stripped(mailbox.display_name), " <", mailbox.address.substr(0, at), "@",
                        addresses_.at(mailbox.address).domain, ">\n");
  }

  std::string Describe(const std::vector<Address>& addresses) const {
    std::string text;
    for (const Address& address : addresses) {
      if (const auto* mailbox = std::get_if<Mailbox>(&address)) {
        absl::StrAppend(&text, Describe(*mailbox));
        continue;
      }
      const auto& group = std::get<Group>(address);
      absl::StrAppend(&text, Stripped(group.display_name), ":\n");
      for (const Mailbox& member : group.members) absl::StrAppend(&text, Describe(member));
      absl::StrAppend(&text, ";\n");
    }
    return text;
  }

  void JudgeAddresses() const {
    using message::Describe;
    EXPECT_EQ(Describe(g_mime_message_get_from(message_.get())), this->Describe(content_.from));
    EXPECT_EQ(Describe(g_mime_message_get_reply_to(message_.get())),
              this->Describe(content_.reply_to));
    EXPECT_EQ(Describe(g_mime_message_get_cc(message_.get())), this->Describe(content_.cc));
    const bool undisclosed = content_.to.empty() && content_.cc.empty();
    EXPECT_EQ(Describe(g_mime_message_get_to(message_.get())),
              undisclosed ? "undisclosed-recipients:\n;\n" : this->Describe(content_.to));
    EXPECT_EQ(Describe(g_mime_message_get_bcc(message_.get())), "");
    if (g_mime_object_get_header(object(), "Sender") != nullptr) {
      EXPECT_EQ(Describe(g_mime_message_get_sender(message_.get())),
                this->Describe(*content_.sender));
    }
  }

  std::string FieldValue(const char* name) const {
    return ToString(g_mime_object_get_header(object(), name));
  }

  std::string Ids(const std::vector<std::string>& ids) const {
    std::string text;
    for (const std::string& id : ids) absl::StrAppend(&text, text.empty() ? "<" : " <", id, ">");
    return text;
  }

  void JudgeFields() const {
    EXPECT_EQ(ToString(g_mime_message_get_subject(message_.get())), content_.subject);
    EXPECT_EQ(ToString(g_mime_message_get_message_id(message_.get())), composed_.message_id);
    if (content_.date.has_value()) {
      EXPECT_EQ(g_date_time_to_unix(g_mime_message_get_date(message_.get())),
                absl::ToUnixSeconds(*content_.date));
    }
    EXPECT_EQ(FieldValue("In-Reply-To"), Ids(content_.in_reply_to));
    EXPECT_EQ(FieldValue("References"), Ids(content_.references));
    for (const HeaderField& header : content_.headers) {
      EXPECT_EQ(FieldValue(header.name.c_str()), header.value);
    }
  }

  void CollectParts() {
    const auto collect = [](GMimeObject*, GMimeObject* part, gpointer self) {
      static_cast<MessageJudge*>(self)->Collect(part);
    };
    g_mime_message_foreach(message_.get(), collect, this);
  }

  static std::string Data(GMimePart* part) {
    const Owned<GMimeStream> stream(g_mime_stream_mem_new());
    g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(part), stream.get());
    const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
    return std::string(reinterpret_cast<const char*>(bytes->data), bytes->len);
  }

  void Collect(GMimeObject* object) {
    if (!GMIME_IS_PART(object)) return;
    GMimePart* part = GMIME_PART(object);
    GMimeContentType* type = g_mime_object_get_content_type(object);
    if (g_mime_object_get_content_disposition(object) == nullptr) {
      const std::unique_ptr<char, void (*)(void*)> text(
          g_mime_text_part_get_text(GMIME_TEXT_PART(part)), g_free);
      const bool is_html = g_mime_content_type_is_type(type, "text", "html");
      (is_html ? html_ : text_) = Canonical(ToString(text.get()));
      return;
    }
    const std::unique_ptr<char, void (*)(void*)> type_name(g_mime_content_type_get_mime_type(type),
                                                           g_free);
    attachments_.push_back({ToString(g_mime_part_get_filename(part)),
                            absl::AsciiStrToLower(ToString(type_name.get())), Data(part),
                            ToString(g_mime_part_get_content_id(part))});
  }

  void JudgeAttachments() const {
    std::vector<Attachment> want;
    // Inline ones stand beside the HTML, before the others.
    for (const bool is_inline : {true, false}) {
      for (Attachment attachment : content_.attachments) {
        if ((!attachment.content_id.empty() && !content_.html.empty()) != is_inline) continue;
        attachment.content_type = absl::AsciiStrToLower(
            attachment.content_type.substr(0, attachment.content_type.find(';')));
        if (attachment.content_type.empty()) attachment.content_type = "application/octet-stream";
        want.push_back(std::move(attachment));
      }
    }
    ASSERT_EQ(attachments_.size(), want.size());
    for (size_t i = 0; i < want.size(); ++i) {
      EXPECT_EQ(attachments_[i].filename, want[i].filename);
      EXPECT_EQ(attachments_[i].content_type, want[i].content_type);
      EXPECT_EQ(attachments_[i].data, want[i].data);
      EXPECT_EQ(attachments_[i].content_id, want[i].content_id);
    }
  }

  GMimeObject* object() const { return GMIME_OBJECT(message_.get()); }

  const Content& content_;
  const std::map<std::string, ReadAddress>& addresses_;
  const Message& composed_;
  Owned<GMimeMessage> message_;
  std::string text_;
  std::string html_;
  std::vector<Attachment> attachments_;
};

TEST(GmimeJudgeTest, ReadsBackEqual) {
  const uint64_t seed = Seed();
  std::cout << "seed: " << seed << " (MAILSTROM_SEED=" << seed << " repeats this run)\n";
  ContentGenerator generator(seed);
  SeededRandomSource random(seed + 1);
  g_mime_init();
  for (int i = 0; i < kMessages && !HasFailure(); ++i) {
    const Content content = generator.Next();
    const Prepared prepared =
        Compose(content, {absl::FromUnixSeconds(1767323045), "mx.example", &random});
    ASSERT_TRUE(prepared.violations.empty());
    MessageJudge(content, generator.addresses(), prepared.message).Judge();
    if (HasFailure()) std::cout << "message " << i << ":\n" << prepared.message.bytes;
  }
  g_mime_shutdown();
}

}  // namespace
}  // namespace mailstrom::message
