#ifndef MAILSTROM_DELIVERY_STRAND_CALLBACK_H_
#define MAILSTROM_DELIVERY_STRAND_CALLBACK_H_

#include <memory>
#include <tuple>
#include <utility>

#include "asio/any_io_executor.hpp"
#include "asio/post.hpp"

namespace mailstrom::delivery {

// A callback that may be called once, on any thread: `call(owner, arguments…)` then runs on
// `executor`, unless the owner is gone by then.
template <typename Owner, typename Call>
auto OnStrand(asio::any_io_executor executor, std::weak_ptr<Owner> owner, Call call) {
  return [executor = std::move(executor), owner = std::move(owner),
          call = std::move(call)](auto... arguments) mutable {
    asio::post(executor, [owner = std::move(owner), call = std::move(call),
                          arguments = std::make_tuple(std::move(arguments)...)]() mutable {
      if (const std::shared_ptr<Owner> held = owner.lock()) {
        std::apply([&](auto&... each) { call(*held, std::move(each)...); }, arguments);
      }
    });
  };
}

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_STRAND_CALLBACK_H_
