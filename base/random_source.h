#ifndef MAILSTROM_BASE_RANDOM_SOURCE_H_
#define MAILSTROM_BASE_RANDOM_SOURCE_H_

#include <cstdint>

namespace mailstrom {

// Uniformly distributed random bits. Thread-safe.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual uint64_t Next() = 0;

  // A number in [0, 1).
  double NextUnit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
};

// Draws that nobody outside the process can foresee, by a generator that the kernel seeds.
class SystemRandomSource final : public RandomSource {
 public:
  uint64_t Next() override;
};

}  // namespace mailstrom

#endif  // MAILSTROM_BASE_RANDOM_SOURCE_H_
