#ifndef MAILSTROM_DELIVERY_SMTP_BDAT_FRAMING_H_
#define MAILSTROM_DELIVERY_SMTP_BDAT_FRAMING_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "delivery/smtp/block_source.h"

namespace mailstrom::delivery::smtp {

// Turns a message into one BDAT command with its single, last chunk (RFC 3030 §2). A missing last
// CRLF is added. The command goes out with the first bytes of the message.
class BdatFramer final : public BlockSource {
 public:
  // `message` must outlive this.
  explicit BdatFramer(absl::string_view message, size_t block_bytes = kBlockBytes);

  absl::string_view NextBlock() override;
  bool done() const override { return done_; }

 private:
  const absl::string_view message_;
  const size_t block_bytes_;
  const bool add_line_end_;
  size_t position_ = 0;
  bool done_ = false;
  std::string scratch_;
};

}  // namespace mailstrom::delivery::smtp

#endif  // MAILSTROM_DELIVERY_SMTP_BDAT_FRAMING_H_
