#ifndef MAILSTROM_TESTS_FAKES_DETERMINISTIC_RANDOM_H_
#define MAILSTROM_TESTS_FAKES_DETERMINISTIC_RANDOM_H_

#include <cstdint>
#include <deque>

#include "base/random_source.h"

namespace mailstrom {

// The same draws for the same seed on every machine (splitmix64). Draws put in by Push come first.
// Belongs to one thread.
class DeterministicRandom final : public RandomSource {
 public:
  explicit DeterministicRandom(uint64_t seed = 1) : state_(seed) {}

  uint64_t Next() override {
    if (!pushed_.empty()) {
      const uint64_t draw = pushed_.front();
      pushed_.pop_front();
      return draw;
    }
    uint64_t mixed = (state_ += 0x9e3779b97f4a7c15u);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
  }

  void Push(uint64_t draw) { pushed_.push_back(draw); }

  // The next NextUnit() gives `unit`, from [0, 1), to within 2^-53.
  void PushUnit(double unit) { Push(static_cast<uint64_t>(unit * 0x1.0p53) << 11); }

 private:
  uint64_t state_;
  std::deque<uint64_t> pushed_;
};

}  // namespace mailstrom

#endif  // MAILSTROM_TESTS_FAKES_DETERMINISTIC_RANDOM_H_
