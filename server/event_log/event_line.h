#ifndef MAILSTROM_SERVER_EVENT_LOG_EVENT_LINE_H_
#define MAILSTROM_SERVER_EVENT_LOG_EVENT_LINE_H_

#include <string>

#include "storage/records.h"

namespace mailstrom::server {

// The line that the log has of an event, such as
//   {"time":"2026-01-02T03:04:05.678Z","level":"info","event":"deferred","email_id":"…","recipient":0,
//    "domain":"example.com","revision":7,"attempt":1,"mx_host":"mx.example.com",…,"reply_code":450,…}
// without its line feed. `event` is `accepted`, `deferred`, `delivered`, `failed`, `cancelled` or
// `expired`. What is not known is left out. Of the recipient's address it has the domain only, and
// of replies the codes only, for their text often repeats the address.
std::string EventLine(const storage::Event& event);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_EVENT_LOG_EVENT_LINE_H_
