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
  ExpiredKeys(absl::Time now, Failpoints failpoints) : now_(now), failpoints_(failpoints) {}

  const char* Name() const override { return "mailstrom.RequestKeyFilter"; }
  bool Filter(int, const rocksdb::Slice&, const rocksdb::Slice& value, std::string*,
              bool*) const override {
    const absl::StatusOr<KeyedRequest> request =
        DecodeKeyedRequest(absl::string_view(value.data(), value.size()));
    // What does not parse is kept, to be shown.
    if (!request.ok() || request->expire_time + kMargin > now_) return false;
    failpoints_.Reach(Failpoint::kRequestKeyDropped);
    return true;
  }

 private:
  const absl::Time now_;
  const Failpoints failpoints_;
};

class Factory final : public rocksdb::CompactionFilterFactory {
 public:
  Factory(const Clock* clock, Failpoints failpoints)
      : clock_(clock != nullptr ? *clock : system_clock_), failpoints_(failpoints) {}

  const char* Name() const override { return "mailstrom.RequestKeyFilterFactory"; }
  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context&) override {
    return std::make_unique<ExpiredKeys>(clock_.Now(), failpoints_);
  }

 private:
  const SystemClock system_clock_;
  const Clock& clock_;
  const Failpoints failpoints_;
};

}  // namespace

std::shared_ptr<rocksdb::CompactionFilterFactory> NewRequestKeyFilterFactory(
    const Clock* clock, Failpoints failpoints) {
  return std::make_shared<Factory>(clock, failpoints);
}

}  // namespace mailstrom::storage
