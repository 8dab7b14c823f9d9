// Passes commands on to the library, as clients/conformance/README.md describes it.

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "clients/cpp/client.h"
#include "clients/cpp/email.h"
#include "clients/cpp/rpc_error.h"

namespace mailstrom::client {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

// JSON, read.

const Value& Field(const Struct& object, const std::string& name) {
  const auto found = object.fields().find(name);
  return found != object.fields().end() ? found->second : Value::default_instance();
}

std::string Text(const Struct& object, const std::string& name) {
  return Field(object, name).string_value();
}

std::vector<std::string> Texts(const Struct& object, const std::string& name) {
  std::vector<std::string> texts;
  for (const Value& value : Field(object, name).list_value().values()) {
    texts.push_back(value.string_value());
  }
  return texts;
}

std::map<std::string, std::string> Tags(const Struct& object) {
  std::map<std::string, std::string> tags;
  for (const auto& [key, value] : Field(object, "tags").struct_value().fields()) {
    tags[key] = value.string_value();
  }
  return tags;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// JSON, written.

Value ToValue(const std::string& text) {
  Value value;
  value.set_string_value(text);
  return value;
}
Value ToValue(double number) {
  Value value;
  value.set_number_value(number);
  return value;
}
Value ToValue(bool flag) {
  Value value;
  value.set_bool_value(flag);
  return value;
}
Value ToValue(Struct object) {
  Value value;
  *value.mutable_struct_value() = std::move(object);
  return value;
}
Value ToValue(const google::protobuf::Map<std::string, std::string>& map) {
  Struct object;
  for (const auto& [key, text] : map) (*object.mutable_fields())[key] = ToValue(text);
  return ToValue(object);
}

class Object {
 public:
  template <typename T>
  Object& Set(const std::string& name, const T& value) {
    (*object_.mutable_fields())[name] = ToValue(value);
    return *this;
  }
  Object& Append(const std::string& name, const Object& element) {
    *(*object_.mutable_fields())[name].mutable_list_value()->add_values() =
        ToValue(element.object_);
    return *this;
  }
  Object& SetEmptyList(const std::string& name) {
    (*object_.mutable_fields())[name].mutable_list_value();
    return *this;
  }
  operator Struct() const { return object_; }

 private:
  Struct object_;
};

void Say(const std::string& name, const Struct& value) {
  std::string line;
  (void)google::protobuf::util::MessageToJsonString(Object().Set(name, value).operator Struct(),
                                                    &line);
  std::cout << line << std::endl;
}

std::string Short(const std::string& name, absl::string_view prefix) {
  return std::string(absl::StripPrefix(name, prefix));
}

Object FromRecipient(const v1::Recipient& recipient) {
  return Object()
      .Set("address", recipient.address())
      .Set("state", Short(v1::Recipient::State_Name(recipient.state()), "STATE_"))
      .Set("attempt_count", double(recipient.attempt_count()))
      .Set("failure_cause",
           Short(v1::FailureCause_Name(recipient.failure_cause()), "FAILURE_CAUSE_"))
      .Set("reply_code", double(recipient.last_attempt().reply().code()));
}

Object FromEmail(const v1::Email& email) {
  Object object;
  object.Set("email_id", email.email_id())
      .Set("state", Short(v1::Email::State_Name(email.state()), "STATE_"))
      .Set("revision", double(email.revision()))
      .Set("tags", email.tags())
      .SetEmptyList("recipients");
  for (const v1::Recipient& each : email.recipients()) {
    object.Append("recipients", FromRecipient(each));
  }
  return object;
}

Object FromSent(const v1::SendEmailResponse& sent) {
  return Object().Set("email_id", sent.email().email_id()).Set("replayed", sent.replayed());
}

Object FromError(const absl::Status& status) {
  static const auto& kinds = *new std::map<absl::StatusCode, std::pair<std::string, std::string>>{
      {absl::StatusCode::kInvalidArgument, {"invalid_request", "INVALID_ARGUMENT"}},
      {absl::StatusCode::kAlreadyExists, {"request_id_reused", "ALREADY_EXISTS"}},
      {absl::StatusCode::kNotFound, {"not_found", "NOT_FOUND"}},
      {absl::StatusCode::kResourceExhausted, {"resource_exhausted", "RESOURCE_EXHAUSTED"}},
      {absl::StatusCode::kUnavailable, {"unavailable", "UNAVAILABLE"}},
      {absl::StatusCode::kDeadlineExceeded, {"deadline_exceeded", "DEADLINE_EXCEEDED"}},
      {absl::StatusCode::kOutOfRange, {"cursor_expired", "OUT_OF_RANGE"}},
      {absl::StatusCode::kPermissionDenied, {"permission_denied", "PERMISSION_DENIED"}},
      {absl::StatusCode::kUnauthenticated, {"unauthenticated", "UNAUTHENTICATED"}},
  };
  const auto found = kinds.find(status.code());
  const bool known = found != kinds.end();
  Object object;
  object.Set("kind", known ? found->second.first : std::string("other"))
      .Set("code", known ? found->second.second : absl::StatusCodeToString(status.code()))
      .Set("reason", ErrorReason(status))
      .Set("message", std::string(status.message()))
      .SetEmptyList("violations");
  for (const FieldViolation& each : FieldViolations(status)) {
    object.Append("violations",
                  Object().Set("field", each.field).Set("description", each.description));
  }
  return object;
}

v1::SendEmailRequest ToSendRequest(const Struct& json) {
  Email email{.from = Text(json, "from"),
              .to = Texts(json, "to"),
              .cc = Texts(json, "cc"),
              .bcc = Texts(json, "bcc"),
              .reply_to = {},
              .subject = Text(json, "subject"),
              .text = Text(json, "text"),
              .html = Text(json, "html"),
              .attachments = {},
              .tags = Tags(json),
              .request_id = Text(json, "request_id")};
  for (const std::string& path : Texts(json, "attachments")) {
    email.attachments.push_back(AttachFile(path).value());
  }
  const double after = Field(json, "send_after").number_value();
  if (after > 0) email.send_time = absl::Now() + absl::Seconds(after);
  return ToRequest(email);
}

class Printer : public WatchObserver {
 public:
  // 0: as many as come.
  explicit Printer(int max_events) : max_events_(max_events) {}
  void OnResponse(const v1::WatchStatusResponse& response) override {
    Object item;
    item.Set("cursor", response.cursor());
    if (response.has_snapshot()) {
      item.Set("kind", std::string("snapshot"))
          .Set("status", FromEmail(response.snapshot()).operator Struct());
    } else if (response.has_event()) {
      ++events_;
      const v1::StatusEvent& event = response.event();
      item.Set("kind", std::string("event"))
          .Set("email_id", event.email_id())
          .Set("revision", double(event.revision()))
          .Set("email_state", Short(v1::Email::State_Name(event.email_state()), "STATE_"))
          .Set("recipient", FromRecipient(event.recipient()).operator Struct());
    } else {
      return;
    }
    Say("item", item);
  }
  bool IsDone() const override { return max_events_ > 0 && events_ >= max_events_; }

 private:
  const int max_events_;
  int events_ = 0;
};

class Driver {
 public:
  absl::StatusOr<Struct> Run(const Struct& command) {
    const std::string op = Text(command, "op");
    const std::string id = Text(command, "email_id");
    if (op == "connect") return Connect(command);
    if (op == "send_many") return SendMany(command);
    if (op == "list") return List(command);
    if (op == "watch") return Watch(command);
    // A time limit belongs to a client.
    const double seconds = Field(command, "timeout").number_value();
    Client* client = client_.get();
    std::unique_ptr<Client> hurried;
    if (seconds > 0 && op != "wait_until_settled") {
      Client::Options options = options_;
      options.call_timeout = absl::Seconds(seconds);
      hurried = std::make_unique<Client>(options);
      client = hurried.get();
    }
    if (op == "send") {
      const auto sent = client->SendEmail(ToSendRequest(Field(command, "email").struct_value()));
      if (!sent.ok()) return sent.status();
      return FromSent(*sent);
    }
    const absl::Time deadline =
        seconds > 0 ? absl::Now() + absl::Seconds(seconds) : absl::InfiniteFuture();
    const absl::StatusOr<v1::Email> email = op == "status" ? client->QueryStatus(id)
                                            : op == "cancel"
                                                ? client->CancelEmail(id)
                                                : client->WaitUntilSettled(id, deadline);
    if (!email.ok()) return email.status();
    return FromEmail(*email);
  }

 private:
  Struct Connect(const Struct& command) {
    options_.server = Text(command, "server");
    const std::string root = Text(command, "root_certificate");
    if (!root.empty()) {
      options_.credentials = TlsCredentials(ReadFile(root), Text(command, "api_key"));
    }
    client_ = std::make_unique<Client>(options_);
    return {};
  }

  absl::StatusOr<Struct> SendMany(const Struct& command) {
    const auto& emails = Field(command, "emails").list_value().values();
    int taken = 0;
    int answered = 0;
    int most = 0;
    SendManyOptions options;
    const double window = Field(command, "window").number_value();
    if (window > 0) options.window = static_cast<int>(window);
    const absl::Status status = client_->SendMany(
        [&](v1::SendEmailRequest& request) {
          if (taken == emails.size()) return false;
          request = ToSendRequest(emails[taken++].struct_value());
          most = std::max(most, taken - answered);
          return true;
        },
        [&](const SendOutcome& outcome) {
          ++answered;
          Object item = outcome.response.ok() ? FromSent(*outcome.response) : Object();
          if (!outcome.response.ok()) {
            item.Set("error", FromError(outcome.response.status()).operator Struct());
          }
          Say("item", item.Set("index", double(outcome.index)));
        },
        options);
    if (!status.ok()) return status;
    return Object().Set("max_unanswered", double(most));
  }

  absl::StatusOr<Struct> List(const Struct& command) {
    v1::ListEmailsRequest request;
    request.set_page_size(static_cast<int>(Field(command, "page_size").number_value()));
    for (const auto& [key, value] : Tags(command)) (*request.mutable_tags())[key] = value;
    const absl::Status status = client_->ListAllEmails(
        request, [](const v1::Email& email) { Say("item", FromEmail(email)); });
    if (!status.ok()) return status;
    return Struct();
  }

  absl::StatusOr<Struct> Watch(const Struct& command) {
    v1::WatchStatusRequest request;
    for (const std::string& id : Texts(command, "email_ids")) request.add_email_ids(id);
    for (const auto& [key, value] : Tags(command)) (*request.mutable_tags())[key] = value;
    request.set_cursor(Text(command, "cursor"));
    Printer printer(static_cast<int>(Field(command, "max_events").number_value()));
    const absl::Status status = client_->Watch(request, absl::InfiniteFuture(), printer);
    if (!status.ok()) return status;
    return Struct();
  }

  Client::Options options_;
  std::unique_ptr<Client> client_;
};

int Main() {
  Driver driver;
  for (std::string line; std::getline(std::cin, line);) {
    Struct command;
    if (!google::protobuf::util::JsonStringToMessage(line, &command).ok()) return 2;
    const absl::StatusOr<Struct> result = driver.Run(command);
    if (result.ok()) {
      Say("result", *result);
    } else {
      Say("error", FromError(result.status()));
    }
  }
  return 0;
}

}  // namespace
}  // namespace mailstrom::client

int main() { return mailstrom::client::Main(); }
