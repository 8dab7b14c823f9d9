#ifndef MAILSTROM_SERVER_EVENT_LOG_EVENT_LOGGER_H_
#define MAILSTROM_SERVER_EVENT_LOG_EVENT_LOGGER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/status_hub.h"

namespace mailstrom::server {

// Writes a line for each event that becomes durable from now on, on a thread of its own: neither
// the store nor delivery waits for whoever reads the log. When that one cannot keep up, events
// beyond a bound go unlogged, and a line says how many.
class EventLogger {
 public:
  // Takes whole lines, at most kMaxWriteBytes unless a single one is longer; may block.
  using Write = std::function<void(absl::string_view lines)>;

  // So much reaches a pipe in one piece, even if others write to it, too (PIPE_BUF).
  static constexpr size_t kMaxWriteBytes = 4096;

  // `hub` must outlive it. `max_waiting`: events that may wait to be written.
  explicit EventLogger(StatusHub& hub, Write write = WriteToStandardError,
                       size_t max_waiting = 20'000);
  // Ends without what was not written yet.
  ~EventLogger();
  EventLogger(const EventLogger&) = delete;
  EventLogger& operator=(const EventLogger&) = delete;

  // Returns when the events up to `sequence` are written, or after `patience`.
  void Flush(int64_t sequence, absl::Duration patience);

 private:
  class Queue;

  static void WriteToStandardError(absl::string_view lines);
  void Run();

  StatusHub& hub_;
  const Write write_;
  const EventFilter everything_;
  const std::shared_ptr<Queue> queue_;
  std::thread thread_;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_EVENT_LOG_EVENT_LOGGER_H_
