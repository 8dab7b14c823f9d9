#include "storage/listener_list.h"

#include <functional>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace mailstrom::storage {
namespace {

class FakeListener final : public StoreListener {
 public:
  void OnDue(absl::Time earliest) override { due.push_back(earliest); }
  void OnEvents(int64_t last_sequence) override {
    events.push_back(last_sequence);
    if (on_events) on_events();
  }

  std::vector<absl::Time> due;
  std::vector<int64_t> events;
  std::function<void()> on_events;
};

TEST(ListenerListTest, TellsThoseWhoAreRegistered) {
  ListenerList list;
  FakeListener first, second;
  list.Add(&first);
  list.Add(&second);
  list.NotifyEvents(1);
  list.Remove(&first);
  list.NotifyEvents(2);
  list.NotifyDue(absl::UnixEpoch());
  EXPECT_EQ(first.events, std::vector<int64_t>({1}));
  EXPECT_EQ(second.events, std::vector<int64_t>({1, 2}));
  EXPECT_EQ(second.due, std::vector<absl::Time>({absl::UnixEpoch()}));
}

TEST(ListenerListTest, OneMayRemoveItselfAndOthersFromWithin) {
  ListenerList list;
  FakeListener first, second;
  list.Add(&first);
  list.Add(&second);
  first.on_events = [&] {
    list.Remove(&second);
    list.Remove(&first);
  };
  list.NotifyEvents(1);
  list.NotifyEvents(2);
  EXPECT_EQ(first.events, std::vector<int64_t>({1}));
  EXPECT_TRUE(second.events.empty());
}

TEST(ListenerListTest, RemoveWaitsForTheCallUnderWay) {
  ListenerList list;
  FakeListener listener;
  absl::Notification entered, leave;
  bool returned = false;
  listener.on_events = [&] {
    entered.Notify();
    leave.WaitForNotification();
    returned = true;
  };
  list.Add(&listener);
  std::thread notifier([&] { list.NotifyEvents(1); });
  entered.WaitForNotification();
  std::thread remover([&] {
    list.Remove(&listener);
    EXPECT_TRUE(returned);
  });
  leave.Notify();
  remover.join();
  notifier.join();
}

}  // namespace
}  // namespace mailstrom::storage
