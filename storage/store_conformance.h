#ifndef MAILSTROM_STORAGE_STORE_CONFORMANCE_H_
#define MAILSTROM_STORAGE_STORE_CONFORMANCE_H_

// The tests that every Store must pass. A back end runs them by linking
// //storage:store_conformance and saying in a test of its own:
//
//   INSTANTIATE_TEST_SUITE_P(MyStore, StoreConformanceTest,
//                            testing::Values(StoreMaker([](const StoreLimits& limits) {
//                              return std::make_unique<...>(limits);
//                            })));

#include <functional>
#include <memory>

#include "gtest/gtest.h"
#include "storage/blocking_store.h"
#include "storage/store.h"

namespace mailstrom::storage {

// A store, empty at first, and what may happen to it. The suite's times lie around kTestStart (see
// test_emails.h): a store that forgets request keys by a clock is given one that stands there.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;

  virtual Store& store() = 0;

  // Whether what was acknowledged outlives the process. If not, the two below are never called.
  virtual bool is_durable() const = 0;
  // Ends the store in good order and opens it again. All claims have lapsed afterwards.
  virtual void Restart() = 0;
  // As after kill -9 and loss of power: only what was acknowledged may be relied upon. All claims
  // have lapsed afterwards.
  virtual void Crash() = 0;
};

using StoreMaker = std::function<std::unique_ptr<StoreUnderTest>(const StoreLimits& limits)>;

class StoreConformanceTest : public testing::TestWithParam<StoreMaker> {
 protected:
  StoreConformanceTest() : under_test_(GetParam()(StoreLimits())) {}

  // Begins anew with an empty store that has these limits.
  void Remake(const StoreLimits& limits) {
    under_test_ = nullptr;
    under_test_ = GetParam()(limits);
  }

  Store& store() { return under_test_->store(); }
  BlockingStore blocking() { return BlockingStore(store()); }

  std::unique_ptr<StoreUnderTest> under_test_;
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_STORE_CONFORMANCE_H_
