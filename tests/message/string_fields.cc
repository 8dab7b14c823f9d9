#include "tests/message/string_fields.h"

#include <functional>
#include <memory>
#include <set>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"

namespace mailstrom::message {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Called with the message that holds a string, its field, the index in it (-1 for a single one) and
// its path.
using Visitor = std::function<void(Message&, const FieldDescriptor&, int, const std::string&)>;

void Visit(Message& message, const std::string& prefix, const Visitor& visitor);

void VisitValue(Message& message, const FieldDescriptor& field, int index, const std::string& path,
                const Visitor& visitor) {
  const Reflection& reflection = *message.GetReflection();
  if (field.type() == FieldDescriptor::TYPE_STRING) {
    visitor(message, field, index, path);
  } else if (field.type() == FieldDescriptor::TYPE_MESSAGE) {
    Message& inner = index < 0 ? *reflection.MutableMessage(&message, &field)
                               : *reflection.MutableRepeatedMessage(&message, &field, index);
    Visit(inner, absl::StrCat(path, "."), visitor);
  }
}

void Visit(Message& message, const std::string& prefix, const Visitor& visitor) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::string path = absl::StrCat(prefix, field->name());
    if (!field->is_repeated()) {
      VisitValue(message, *field, -1, path, visitor);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      VisitValue(message, *field, i, absl::StrCat(path, "[", i, "]"), visitor);
    }
  }
}

void CollectNames(const Descriptor& descriptor, std::set<const Descriptor*>& seen,
                  std::set<std::string>& names) {
  if (!seen.insert(&descriptor).second) return;
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    if (field.type() == FieldDescriptor::TYPE_STRING) names.insert(field.full_name());
    if (field.message_type() != nullptr) CollectNames(*field.message_type(), seen, names);
  }
}

}  // namespace

std::vector<StringField> SetStringFields(const Message& message) {
  std::vector<StringField> strings;
  const std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  Visit(
      *copy, "",
      [&](Message& holder, const FieldDescriptor& field, int index, const std::string& path) {
        const Reflection& reflection = *holder.GetReflection();
        strings.push_back({path, index < 0 ? reflection.GetString(holder, &field)
                                           : reflection.GetRepeatedString(holder, &field, index)});
      });
  return strings;
}

std::vector<std::string> UnsetStringFields(const Message& message) {
  std::set<const Descriptor*> seen;
  std::set<std::string> names;
  CollectNames(*message.GetDescriptor(), seen, names);
  const std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  Visit(*copy, "", [&](Message&, const FieldDescriptor& field, int, const std::string&) {
    names.erase(field.full_name());
  });
  return {names.begin(), names.end()};
}

void SetString(Message& message, const std::string& path, const std::string& value) {
  Visit(message, "",
        [&](Message& holder, const FieldDescriptor& field, int index, const std::string& at) {
          if (at != path) return;
          const Reflection& reflection = *holder.GetReflection();
          if (index < 0) {
            reflection.SetString(&holder, &field, value);
          } else {
            reflection.SetRepeatedString(&holder, &field, index, value);
          }
        });
}

}  // namespace mailstrom::message
