#ifndef MAILSTROM_BASE_LOG_H_
#define MAILSTROM_BASE_LOG_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace mailstrom {

// Structured logging: one JSON object a line on standard error, such as
//   {"time":"2026-01-02T03:04:05.678Z","level":"info","event":"draining","signal":"Terminated"}
// Never pass a mail address, content or a secret.
enum class LogLevel { kDebug, kInfo, kWarning, kError };

class LogField {
 public:
  LogField(absl::string_view key, absl::string_view value);
  LogField(absl::string_view key, const char* value) : LogField(key, absl::string_view(value)) {}
  LogField(absl::string_view key, const std::string& value)
      : LogField(key, absl::string_view(value)) {}
  LogField(absl::string_view key, int64_t value);
  LogField(absl::string_view key, uint64_t value);
  LogField(absl::string_view key, int value) : LogField(key, static_cast<int64_t>(value)) {}
  LogField(absl::string_view key, double value);
  LogField(absl::string_view key, bool value);

  absl::string_view key() const { return key_; }
  // The value as JSON.
  absl::string_view json() const { return json_; }

 private:
  std::string key_;
  std::string json_;
};

// Lines below `level` are dropped. Thread-safe; kInfo until called.
void SetLogLevel(LogLevel level);
bool LogEnabled(LogLevel level);

// Writes one line. `event` is a short fixed phrase, what varies belongs into `fields`. Thread-safe.
void Log(LogLevel level, absl::string_view event, std::initializer_list<LogField> fields = {});

inline void LogDebug(absl::string_view event, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kDebug, event, fields);
}
inline void LogInfo(absl::string_view event, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kInfo, event, fields);
}
inline void LogWarning(absl::string_view event, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kWarning, event, fields);
}
inline void LogError(absl::string_view event, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kError, event, fields);
}

// The line that Log writes, without its line feed.
std::string FormatLogLine(absl::string_view time, LogLevel level, absl::string_view event,
                          std::initializer_list<LogField> fields);

}  // namespace mailstrom

#endif  // MAILSTROM_BASE_LOG_H_
