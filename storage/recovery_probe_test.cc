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
      [&](absl::AnyInvocable<void(bool)> tried) {
        ++tries;
        tried(false);
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
        [&](absl::AnyInvocable<void(bool)> tried) {
          EXPECT_EQ(begun++, ended);
          worker = std::thread([&, tried = std::move(tried)]() mutable {
            first.WaitForNotification();
            ++ended;
            tried(false);
          });
        });
    while (begun == 0) std::this_thread::yield();
    first.Notify();
  }
  EXPECT_EQ(ended, 1);
  worker.join();
}

TEST(RecoveryProbeTest, DoesNotWaitWhileThereIsMoreToDo) {
  // With a wait for each, it would take a quarter of an hour.
  constexpr int kTries = 10000;
  std::atomic<int> tries = 0;
  absl::Notification done;
  RecoveryProbe probe(
      absl::Milliseconds(100), [&] { return tries < kTries; },
      [&](absl::AnyInvocable<void(bool)> tried) {
        const bool more = ++tries < kTries;
        tried(more);
        if (!more) done.Notify();
      });
  done.WaitForNotification();
  EXPECT_EQ(tries, kTries);
}

}  // namespace
}  // namespace mailstrom::storage
