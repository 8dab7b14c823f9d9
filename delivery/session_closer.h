#ifndef MAILSTROM_DELIVERY_SESSION_CLOSER_H_
#define MAILSTROM_DELIVERY_SESSION_CLOSER_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "asio/any_io_executor.hpp"
#include "asio/awaitable.hpp"
#include "delivery/smtp/session.h"

namespace mailstrom::delivery {

// Says QUIT and closes in its own time, for what comes of it concerns no email any more. Lives on
// one strand; sessions under way keep what they need alive.
class SessionCloser {
 public:
  // `executor`: the strand of the sessions. `closed` is called after each, with the key of its
  // site.
  SessionCloser(asio::any_io_executor executor,
                absl::AnyInvocable<void(const std::string& site_key)> closed);
  ~SessionCloser();
  SessionCloser(const SessionCloser&) = delete;
  SessionCloser& operator=(const SessionCloser&) = delete;

  // A session that is not usable is just dropped.
  void Close(std::unique_ptr<smtp::Session> session, const std::string& site_key);

  // Ends all of them soon.
  void AbortAll();

  // Sessions that still say goodbye.
  size_t size() const;
  // Those with the site: to it they are open connections.
  int count(const std::string& site_key) const;

 private:
  struct State;

  static asio::awaitable<void> SayGoodbye(std::shared_ptr<State> state,
                                          std::unique_ptr<smtp::Session> session,
                                          std::string site_key);

  const asio::any_io_executor executor_;
  const std::shared_ptr<State> state_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_SESSION_CLOSER_H_
