#include "server/request_digest.h"

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "openssl/sha.h"

namespace mailstrom::server {
namespace {

// Takes the bytes as they are serialised, so that a large request is not held twice.
class HashingStream final : public google::protobuf::io::CopyingOutputStream {
 public:
  HashingStream() { SHA256_Init(&context_); }

  bool Write(const void* buffer, int size) override {
    SHA256_Update(&context_, buffer, size);
    return true;
  }

  std::string Digest() {
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256_Final(reinterpret_cast<uint8_t*>(digest.data()), &context_);
    return digest;
  }

 private:
  SHA256_CTX context_;
};

}  // namespace

std::string RequestDigest(const google::protobuf::Message& request) {
  HashingStream hash;
  {
    google::protobuf::io::CopyingOutputStreamAdaptor buffered(&hash);
    google::protobuf::io::CodedOutputStream coded(&buffered);
    coded.SetSerializationDeterministic(true);
    request.SerializeToCodedStream(&coded);
  }
  return hash.Digest();
}

}  // namespace mailstrom::server
