#ifndef MAILSTROM_DELIVERY_SMTP_BLOCK_SOURCE_H_
#define MAILSTROM_DELIVERY_SMTP_BLOCK_SOURCE_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace mailstrom::delivery::smtp {

// A message as it goes over the wire, block by block, so that a large one is never held twice.
class BlockSource {
 public:
  static constexpr size_t kBlockBytes = 32768;

  virtual ~BlockSource() = default;

  // The next block, valid until the next call; not empty unless done(). At most a little more than
  // twice the block size.
  virtual absl::string_view NextBlock() = 0;

  // The block given last was the last one: with it the server has the whole message.
  virtual bool done() const = 0;
};

}  // namespace mailstrom::delivery::smtp

#endif  // MAILSTROM_DELIVERY_SMTP_BLOCK_SOURCE_H_
