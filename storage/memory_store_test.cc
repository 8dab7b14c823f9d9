#include "storage/memory_store.h"

#include <cstdlib>
#include <memory>

#include "gtest/gtest.h"
#include "storage/store_conformance.h"

namespace mailstrom::storage {
namespace {

class MemoryStoreUnderTest final : public StoreUnderTest {
 public:
  explicit MemoryStoreUnderTest(const StoreLimits& limits) : store_(NewMemoryStore(limits)) {}

  Store& store() override { return *store_; }
  bool is_durable() const override { return false; }
  void Restart() override { std::abort(); }
  void Crash() override { std::abort(); }

 private:
  const std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(Memory, StoreConformanceTest,
                         testing::Values(StoreMaker([](const StoreLimits& limits) {
                           return std::make_unique<MemoryStoreUnderTest>(limits);
                         })));

}  // namespace
}  // namespace mailstrom::storage
