#include "storage/recovery_probe.h"

#include <atomic>
#include <thread>
#include <utility>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace mailstrom::storage {
namespace {

TEST(RecoveryProbeTest, TriesUntilItIsNotNeededAnyMore) {
  std::atomic<int> tries = 0;
  absl::Notification recovered;
  std::atomic<bool> asked_after = false;
  RecoveryProbe probe(
      absl::Milliseconds(1),
      [&] {
        if (tries < 3) return true;
        if (asked_after.exchange(true) && !recovered.HasBeenNotified()) recovered.Notify();
        return false;
      },
      [&](absl::AnyInvocable<void()> tried) {
        ++tries;
        tried();
      });
  recovered.WaitForNotification();
  EXPECT_EQ(tries, 3);
}

TEST(RecoveryProbeTest, MakesOneTryAtATimeAndEndsAfterIt) {
  std::atomic<int> begun = 0, ended = 0;
  absl::Notification first;
  std::thread worker;
  {
    RecoveryProbe probe(
        absl::Milliseconds(1), [&] { return begun == 0; },
        [&](absl::AnyInvocable<void()> tried) {
          EXPECT_EQ(begun++, ended);
          worker = std::thread([&, tried = std::move(tried)]() mutable {
            first.WaitForNotification();
            ++ended;
            tried();
          });
        });
    while (begun == 0) std::this_thread::yield();
    first.Notify();
  }
  EXPECT_EQ(ended, 1);
  worker.join();
}

}  // namespace
}  // namespace mailstrom::storage
