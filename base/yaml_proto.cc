#include "base/yaml_proto.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/duration_text.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "yaml-cpp/yaml.h"

namespace mailstrom {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool IsDuration(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         field.message_type()->full_name() == google::protobuf::Duration::descriptor()->full_name();
}

std::string EnumNames(const EnumDescriptor& type) {
  std::vector<std::string> names;
  // The zero value stands for "not set" and is not written.
  for (int i = 1; i < type.value_count(); ++i) names.push_back(type.value(i)->name());
  return absl::StrJoin(names, ", ");
}

// Walks YAML and message side by side and collects what is wrong.
class YamlReader {
 public:
  void ReadMessage(const YAML::Node& node, const std::string& path, Message& message) {
    if (node.IsNull()) return;
    if (!node.IsMap()) return Complain(node, path, "expected fields, `name: value`");
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
      const std::string field_path = path.empty() ? name : absl::StrCat(path, ".", name);
      const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
      if (field == nullptr) {
        Complain(entry.first, field_path, "unknown field");
      } else if (!seen.insert(name).second) {
        Complain(entry.first, field_path, "is there twice");
      } else if (Rival(*field, seen) != nullptr) {
        Complain(entry.first, field_path, absl::StrCat("excludes ", Rival(*field, seen)->name()));
      } else {
        ReadField(entry.second, field_path, *field, message);
      }
    }
  }

  std::vector<std::string> TakeErrors() { return std::move(errors_); }

 private:
  static const FieldDescriptor* Rival(const FieldDescriptor& field,
                                      const std::set<std::string>& seen) {
    if (field.real_containing_oneof() == nullptr) return nullptr;
    for (int i = 0; i < field.real_containing_oneof()->field_count(); ++i) {
      const FieldDescriptor* other = field.real_containing_oneof()->field(i);
      if (other != &field && seen.count(other->name()) > 0) return other;
    }
    return nullptr;
  }

  void ReadField(const YAML::Node& node, const std::string& path, const FieldDescriptor& field,
                 Message& message) {
    if (!field.is_repeated()) return ReadValue(node, path, field, message);
    if (!node.IsSequence()) return Complain(node, path, "expected a list");
    for (size_t i = 0; i < node.size(); ++i) {
      ReadValue(node[i], absl::StrCat(path, "[", i, "]"), field, message);
    }
  }

  void ReadValue(const YAML::Node& node, const std::string& path, const FieldDescriptor& field,
                 Message& message) {
    const Reflection& reflection = *message.GetReflection();
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !IsDuration(field)) {
      Message* child = field.is_repeated() ? reflection.AddMessage(&message, &field)
                                           : reflection.MutableMessage(&message, &field);
      return ReadMessage(node, path, *child);
    }
    if (!node.IsScalar()) return Complain(node, path, "expected one value");
    const std::string& text = node.Scalar();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return ReadDuration(node, path, field, message);
      case FieldDescriptor::CPPTYPE_STRING:
        if (field.is_repeated()) {
          reflection.AddString(&message, &field, text);
        } else {
          reflection.SetString(&message, &field, text);
        }
        return;
      case FieldDescriptor::CPPTYPE_BOOL:
        if (text != "true" && text != "false")
          return Complain(node, path, "expected true or false");
        return reflection.SetBool(&message, &field, text == "true");
      case FieldDescriptor::CPPTYPE_INT32:
        if (int32_t value; absl::SimpleAtoi(text, &value))
          return reflection.SetInt32(&message, &field, value);
        return Complain(node, path, "expected a whole number");
      case FieldDescriptor::CPPTYPE_INT64:
        if (int64_t value; absl::SimpleAtoi(text, &value))
          return reflection.SetInt64(&message, &field, value);
        return Complain(node, path, "expected a whole number");
      case FieldDescriptor::CPPTYPE_DOUBLE:
        if (double value; absl::SimpleAtod(text, &value))
          return reflection.SetDouble(&message, &field, value);
        return Complain(node, path, "expected a number");
      case FieldDescriptor::CPPTYPE_ENUM:
        return ReadEnum(node, path, field, message);
      default:
        return Complain(node, path, "is of a type that YAML cannot set");
    }
  }

  void ReadDuration(const YAML::Node& node, const std::string& path, const FieldDescriptor& field,
                    Message& message) {
    const absl::StatusOr<absl::Duration> value = ParseDurationText(node.Scalar());
    if (!value.ok()) return Complain(node, path, value.status().message());
    message.GetReflection()->MutableMessage(&message, &field)->CopyFrom(ToProto(*value));
  }

  void ReadEnum(const YAML::Node& node, const std::string& path, const FieldDescriptor& field,
                Message& message) {
    const EnumValueDescriptor* value = field.enum_type()->FindValueByName(node.Scalar());
    if (value == nullptr || value->number() == 0) {
      return Complain(node, path, absl::StrCat("expected one of ", EnumNames(*field.enum_type())));
    }
    message.GetReflection()->SetEnum(&message, &field, value);
  }

  void Complain(const YAML::Node& node, const std::string& path, absl::string_view problem) {
    errors_.push_back(
        absl::StrCat("line ", node.Mark().line + 1, ": ", path, path.empty() ? "" : ": ", problem));
  }

  std::vector<std::string> errors_;
};

void EmitMessage(const Message& message, YAML::Emitter& out);

void EmitValue(const Message& message, const FieldDescriptor& field, int index,
               YAML::Emitter& out) {
  const Reflection& reflection = *message.GetReflection();
  const bool repeated = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const Message& child = repeated ? reflection.GetRepeatedMessage(message, &field, index)
                                      : reflection.GetMessage(message, &field);
      if (!IsDuration(field)) return EmitMessage(child, out);
      google::protobuf::Duration duration;
      duration.CopyFrom(child);
      out << FormatDurationText(FromProto(duration));
      return;
    }
    case FieldDescriptor::CPPTYPE_STRING:
      out << YAML::DoubleQuoted
          << (repeated ? reflection.GetRepeatedString(message, &field, index)
                       : reflection.GetString(message, &field));
      return;
    case FieldDescriptor::CPPTYPE_BOOL:
      out << reflection.GetBool(message, &field);
      return;
    case FieldDescriptor::CPPTYPE_INT32:
      out << reflection.GetInt32(message, &field);
      return;
    case FieldDescriptor::CPPTYPE_INT64:
      out << reflection.GetInt64(message, &field);
      return;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      out << absl::StrCat(reflection.GetDouble(message, &field));
      return;
    case FieldDescriptor::CPPTYPE_ENUM:
      out << reflection.GetEnum(message, &field)->name();
      return;
    default:
      out << "?";
  }
}

void EmitMessage(const Message& message, YAML::Emitter& out) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  if (fields.empty()) {
    out << YAML::Flow << YAML::BeginMap << YAML::EndMap;
    return;
  }
  out << YAML::BeginMap;
  for (const FieldDescriptor* field : fields) {
    out << YAML::Key << field->name() << YAML::Value;
    if (!field->is_repeated()) {
      EmitValue(message, *field, 0, out);
      continue;
    }
    out << YAML::BeginSeq;
    for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
      EmitValue(message, *field, i, out);
    }
    out << YAML::EndSeq;
  }
  out << YAML::EndMap;
}

}  // namespace

absl::Status ParseYaml(absl::string_view yaml, Message& message) {
  YamlReader reader;
  // yaml-cpp reports malformed input by exceptions; this is where they end.
  try {
    reader.ReadMessage(YAML::Load(std::string(yaml)), "", message);
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("line ", error.mark.line + 1, ": ", error.msg));
  }
  const std::vector<std::string> errors = reader.TakeErrors();
  if (errors.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(errors, "\n"));
}

std::string FormatYaml(const Message& message) {
  YAML::Emitter out;
  EmitMessage(message, out);
  return absl::StrCat(out.c_str(), "\n");
}

}  // namespace mailstrom
