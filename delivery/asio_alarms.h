#ifndef MAILSTROM_DELIVERY_ASIO_ALARMS_H_
#define MAILSTROM_DELIVERY_ASIO_ALARMS_H_

#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "asio/any_io_executor.hpp"
#include "base/alarms.h"

namespace mailstrom::delivery {

// Alarms on an executor that runs one handler at a time: a strand, or an io_context with one
// thread. Alarms not rung when this is destroyed are dropped.
class AsioAlarms final : public Alarms {
 public:
  explicit AsioAlarms(asio::any_io_executor executor);
  ~AsioAlarms() override;

  Id Set(absl::Duration delay, absl::AnyInvocable<void()> ring) override;
  void Cancel(Id id) override;

 private:
  class Queue;
  std::shared_ptr<Queue> queue_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_ASIO_ALARMS_H_
