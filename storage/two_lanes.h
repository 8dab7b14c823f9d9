#ifndef MAILSTROM_STORAGE_TWO_LANES_H_
#define MAILSTROM_STORAGE_TWO_LANES_H_

#include <array>
#include <cstddef>
#include <deque>
#include <utility>

namespace mailstrom::storage {

// Which queue work waits in.
enum class Lane {
  // What ends or begins deliveries, and all that is asked.
  kDelivery,
  // New emails. However many come at once, what is in the house goes on.
  kAcceptance,
};

// A queue of two lanes that are served in turns: a crowd in one costs the other one turn each, and
// neither starves. In order within a lane. Not thread-safe.
template <typename T>
class TwoLanes {
 public:
  void Push(Lane lane, T value) { Of(lane).push_back(std::move(value)); }
  // Takes back what was popped last.
  void PutBack(Lane lane, T value) { Of(lane).push_front(std::move(value)); }

  bool empty() const { return lanes_[0].empty() && lanes_[1].empty(); }

  // The next one; only when there is one.
  T Pop() {
    const size_t other = 1 - last_;
    if (!lanes_[other].empty()) last_ = other;
    T value = std::move(lanes_[last_].front());
    lanes_[last_].pop_front();
    return value;
  }

 private:
  std::deque<T>& Of(Lane lane) { return lanes_[lane == Lane::kDelivery ? 0 : 1]; }

  std::array<std::deque<T>, 2> lanes_;
  // The lane that was served last.
  size_t last_ = 1;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_TWO_LANES_H_
