#ifndef MAILSTROM_DELIVERY_SMTP_TLS_MODE_H_
#define MAILSTROM_DELIVERY_SMTP_TLS_MODE_H_

namespace mailstrom::delivery::smtp {

// How a session turns to TLS.
enum class TlsMode {
  kNone,           // Never STARTTLS.
  kOpportunistic,  // STARTTLS where offered, unverified; failing it is reported as kTls.
  kRequire,        // STARTTLS or nothing, unverified.
  kVerify,         // STARTTLS with a verified certificate or nothing.
};

// For people and for keys, in one word.
constexpr const char* TlsModeName(TlsMode mode) {
  switch (mode) {
    case TlsMode::kNone:
      return "none";
    case TlsMode::kOpportunistic:
      return "opportunistic";
    case TlsMode::kRequire:
      return "require";
    case TlsMode::kVerify:
      return "verify";
  }
  return "unknown";
}

}  // namespace mailstrom::delivery::smtp

#endif  // MAILSTROM_DELIVERY_SMTP_TLS_MODE_H_
