#ifndef MAILSTROM_SERVER_REQUEST_DIGEST_H_
#define MAILSTROM_SERVER_REQUEST_DIGEST_H_

#include <string>

#include "google/protobuf/message.h"

namespace mailstrom::server {

// 32 bytes that are equal for equal requests, whatever the order of their map entries, and for no
// others (SHA-256). Fields that this server does not know count too.
std::string RequestDigest(const google::protobuf::Message& request);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_REQUEST_DIGEST_H_
