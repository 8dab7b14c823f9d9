#include "storage/request_key_filter.h"

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/record_codec.h"

namespace mailstrom::storage {
namespace {

constexpr absl::Duration kMargin = absl::Hours(1);

class ExpiredKeys final : public rocksdb::CompactionFilter {
 public:
  explicit ExpiredKeys(absl::Time now) : now_(now) {}

  const char* Name() const override { return "mailstrom.RequestKeyFilter"; }
  bool Filter(int, const rocksdb::Slice&, const rocksdb::Slice& value, std::string*,
              bool*) const override {
    const absl::StatusOr<KeyedRequest> request =
        DecodeKeyedRequest(absl::string_view(value.data(), value.size()));
    // What does not parse is kept, to be shown.
    return request.ok() && request->expire_time + kMargin <= now_;
  }

 private:
  const absl::Time now_;
};

class Factory final : public rocksdb::CompactionFilterFactory {
 public:
  explicit Factory(const Clock* clock) : clock_(clock != nullptr ? *clock : system_clock_) {}

  const char* Name() const override { return "mailstrom.RequestKeyFilterFactory"; }
  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context&) override {
    return std::make_unique<ExpiredKeys>(clock_.Now());
  }

 private:
  const SystemClock system_clock_;
  const Clock& clock_;
};

}  // namespace

std::shared_ptr<rocksdb::CompactionFilterFactory> NewRequestKeyFilterFactory(const Clock* clock) {
  return std::make_shared<Factory>(clock);
}

}  // namespace mailstrom::storage
