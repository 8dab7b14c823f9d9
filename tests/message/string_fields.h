#ifndef MAILSTROM_TESTS_MESSAGE_STRING_FIELDS_H_
#define MAILSTROM_TESTS_MESSAGE_STRING_FIELDS_H_

#include <string>
#include <vector>

#include "google/protobuf/message.h"

namespace mailstrom::message {

// One text within a message of the API.
struct StringField {
  // As violations name it, such as `to[1].mailbox.address`.
  std::string path;
  std::string value;
};

// Every string that is set in `message` and in the messages within it, found by its descriptor.
std::vector<StringField> SetStringFields(const google::protobuf::Message& message);

// Every string field that the descriptors of `message` and of the messages within it name, as
// `Type.field`, and that nothing in `message` sets.
std::vector<std::string> UnsetStringFields(const google::protobuf::Message& message);

// Gives the string at `path` that value. The path is one of SetStringFields.
void SetString(google::protobuf::Message& message, const std::string& path,
               const std::string& value);

}  // namespace mailstrom::message

#endif  // MAILSTROM_TESTS_MESSAGE_STRING_FIELDS_H_
