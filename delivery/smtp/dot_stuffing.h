#ifndef MAILSTROM_DELIVERY_SMTP_DOT_STUFFING_H_
#define MAILSTROM_DELIVERY_SMTP_DOT_STUFFING_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "delivery/smtp/block_source.h"

namespace mailstrom::delivery::smtp {

// Turns a message into what follows DATA (RFC 5321 §4.5.2): lines that start with a dot get a
// second one, a missing last CRLF is added, and a lone dot ends it. Gives it out in blocks; a block
// without such lines is a view into the message, so a large message is not copied.
//
// A dot after a bare CR or LF is doubled too. Then no receiver, whatever it takes for a line end,
// can find the end of the message inside of it.
class DotStuffer final : public BlockSource {
 public:
  // `message` must outlive this.
  explicit DotStuffer(absl::string_view message, size_t block_bytes = kBlockBytes);

  absl::string_view NextBlock() override;
  bool done() const override { return done_; }

 private:
  absl::string_view message_;
  const size_t block_bytes_;
  size_t position_ = 0;
  bool done_ = false;
  std::string scratch_;
};

}  // namespace mailstrom::delivery::smtp

#endif  // MAILSTROM_DELIVERY_SMTP_DOT_STUFFING_H_
