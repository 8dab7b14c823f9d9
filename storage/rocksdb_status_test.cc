#include "storage/rocksdb_status.h"

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace mailstrom::storage {
namespace {

TEST(RocksDbStatusTest, SaysWhatTheCallerShouldDo) {
  struct Case {
    rocksdb::Status status;
    absl::StatusCode want;
  };
  for (const Case& c : {
           Case{rocksdb::Status::OK(), absl::StatusCode::kOk},
           Case{rocksdb::Status::NotFound("x"), absl::StatusCode::kNotFound},
           Case{rocksdb::Status::Corruption("x"), absl::StatusCode::kDataLoss},
           Case{rocksdb::Status::IOError("x"), absl::StatusCode::kUnavailable},
           Case{rocksdb::Status::NoSpace("x"), absl::StatusCode::kUnavailable},
           Case{rocksdb::Status::Busy("x"), absl::StatusCode::kUnavailable},
           Case{rocksdb::Status::Aborted("x"), absl::StatusCode::kUnavailable},
           Case{rocksdb::Status::TimedOut("x"), absl::StatusCode::kUnavailable},
           Case{rocksdb::Status::InvalidArgument("x"), absl::StatusCode::kInternal},
           Case{rocksdb::Status::NotSupported("x"), absl::StatusCode::kInternal},
       }) {
    EXPECT_EQ(FromRocksDb(c.status).code(), c.want) << c.status.ToString();
  }
}

TEST(RocksDbStatusTest, KeepsTheReason) {
  EXPECT_EQ(FromRocksDb(rocksdb::Status::NoSpace("disk", "sda")).message(),
            "RocksDB: IO error: No space left on device: disk: sda");
}

}  // namespace
}  // namespace mailstrom::storage
