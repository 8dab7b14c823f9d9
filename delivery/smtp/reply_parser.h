#ifndef MAILSTROM_DELIVERY_SMTP_REPLY_PARSER_H_
#define MAILSTROM_DELIVERY_SMTP_REPLY_PARSER_H_

#include <string>
#include <vector>

namespace mailstrom::delivery::smtp {

// A server's reply (RFC 5321 §4.2).
struct Reply {
  int code = 0;
  // "4.7.1" (RFC 3463) when the first line starts with one; else empty.
  std::string enhanced_code;
  // Texts of its lines, enhanced codes removed.
  std::vector<std::string> lines;
};

}  // namespace mailstrom::delivery::smtp

#endif  // MAILSTROM_DELIVERY_SMTP_REPLY_PARSER_H_
