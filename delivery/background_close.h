#ifndef MAILSTROM_DELIVERY_BACKGROUND_CLOSE_H_
#define MAILSTROM_DELIVERY_BACKGROUND_CLOSE_H_

#include <memory>

#include "asio/any_io_executor.hpp"
#include "delivery/smtp/session.h"

namespace mailstrom::delivery {

// Says QUIT and closes in its own time, for what comes of it concerns no email any more.
// `executor`: the session's strand. A session that is not usable is just closed.
void CloseInBackground(const asio::any_io_executor& executor,
                       std::unique_ptr<smtp::Session> session);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_BACKGROUND_CLOSE_H_
