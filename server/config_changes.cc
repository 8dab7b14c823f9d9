#include "server/config_changes.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/message.h"

namespace mailstrom::server {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// What Engine::SetPolicies and DkimKeys::Replace take.
constexpr const char* kReloaded[] = {
    "delivery.concurrency.connections_per_second_per_domain",
    "delivery.concurrency.connections_per_second_per_site",
    "delivery.concurrency.first_connections_per_site",
    "delivery.concurrency.max_connections_per_domain",
    "delivery.concurrency.max_connections_per_site",
    "delivery.concurrency.max_emails_per_connection",
    "delivery.concurrency.max_recipients_per_transaction",
    "delivery.concurrency.messages_per_second_per_domain",
    "delivery.concurrency.messages_per_second_per_site",
    "delivery.destination_port",
    "delivery.domain_limits",
    "delivery.relay",
    "delivery.relays",
    "delivery.reply_rules",
    "delivery.retry.initial_delay",
    "delivery.retry.jitter",
    "delivery.retry.max_delay",
    "delivery.retry.max_retries",
    "delivery.retry.multiplier",
    "delivery.senders",
    "delivery.sites",
    "delivery.source_pool",
    "delivery.source_pools",
    "delivery.tls",
    "delivery.use_provider_rules",
    "dkim.keys",
};

bool IsReloaded(const std::string& path) {
  return std::find(std::begin(kReloaded), std::end(kReloaded), path) != std::end(kReloaded);
}

// A message of which nothing but `field` is left, in bytes.
std::string Only(const Message& message, const FieldDescriptor* field) {
  const std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* const other = message.GetDescriptor()->field(i);
    if (other != field) copy->GetReflection()->ClearField(copy.get(), other);
  }
  return copy->SerializeAsString();
}

bool HasFields(const FieldDescriptor* field) {
  return !field->is_repeated() && field->message_type() != nullptr &&
         field->message_type() != google::protobuf::Duration::descriptor();
}

void Compare(const Message& running, const Message& wanted, const std::string& prefix,
             std::vector<std::string>& paths) {
  for (int i = 0; i < running.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* const field = running.GetDescriptor()->field(i);
    const std::string path = absl::StrCat(prefix, field->name());
    if (HasFields(field)) {
      Compare(running.GetReflection()->GetMessage(running, field),
              wanted.GetReflection()->GetMessage(wanted, field), path + ".", paths);
    } else if (!IsReloaded(path) && Only(running, field) != Only(wanted, field)) {
      paths.push_back(path);
    }
  }
}

}  // namespace

std::vector<std::string> ChangesThatWait(const config::v1::ServerConfig& running,
                                         const config::v1::ServerConfig& wanted) {
  std::vector<std::string> paths;
  Compare(running, wanted, "", paths);
  return paths;
}

}  // namespace mailstrom::server
