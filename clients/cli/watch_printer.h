#ifndef MAILSTROM_CLIENTS_CLI_WATCH_PRINTER_H_
#define MAILSTROM_CLIENTS_CLI_WATCH_PRINTER_H_

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "clients/cli/email_board.h"
#include "clients/cli/live_view.h"
#include "clients/cpp/client.h"
#include "mailstrom/v1/email.pb.h"

namespace mailstrom::cli {

// Shows a watch as it goes, and keeps the emails as they stand.
class WatchPrinter : public client::WatchObserver {
 public:
  const std::vector<v1::Email>& emails() const { return board_.emails(); }

 protected:
  EmailBoard board_;
};

// One JSON object a line: each response as it comes, heartbeats included, so that a program always
// has the latest cursor.
class JsonWatchPrinter : public WatchPrinter {
 public:
  explicit JsonWatchPrinter(std::ostream& out) : out_(out) {}
  void OnResponse(const v1::WatchStatusResponse& response) override;

 private:
  std::ostream& out_;
};

// A line of text for each recipient of a snapshot and for each event. Reconnections go to `err`.
class LineWatchPrinter : public WatchPrinter {
 public:
  LineWatchPrinter(std::ostream& out, std::ostream& err) : out_(out), err_(err) {}
  void OnResponse(const v1::WatchStatusResponse& response) override;
  void OnReconnect(const absl::Status& cause) override;

 private:
  std::ostream& out_;
  std::ostream& err_;
};

// A table on a terminal.
class LiveWatchPrinter : public WatchPrinter {
 public:
  // `size` is asked before each drawing, since people resize their windows.
  LiveWatchPrinter(std::ostream& out, std::function<TerminalSize()> size)
      : view_(out), size_(std::move(size)) {}
  void OnResponse(const v1::WatchStatusResponse& response) override;
  void OnReconnect(const absl::Status& cause) override;
  void OnTick() override;

 private:
  void Draw();

  LiveView view_;
  const std::function<TerminalSize()> size_;
  std::string notice_;
};

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_WATCH_PRINTER_H_
