#include "server/event_log/event_logger.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/fake_event_log.h"

namespace mailstrom::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr size_t kWindowBytes = size_t{1} << 20;
// Never waited for when all is well.
constexpr absl::Duration kPatience = absl::Seconds(30);

// Who reads the log, now and then not at all.
class Reader {
 public:
  EventLogger::Write Take() {
    return [this](absl::string_view lines) {
      absl::MutexLock lock(&mutex_);
      ++begun_;
      mutex_.Await(absl::Condition(&reads_));
      writes_.emplace_back(lines);
    };
  }

  void Hold() {
    absl::MutexLock lock(&mutex_);
    reads_ = false;
  }
  void GoOn() {
    absl::MutexLock lock(&mutex_);
    reads_ = true;
  }
  // Until somebody waits for this reader.
  void AwaitWriter() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(+[](int* begun) { return *begun > 0; }, &begun_));
  }

  std::vector<std::string> writes() const {
    absl::MutexLock lock(&mutex_);
    return writes_;
  }
  // Revisions of the lines, in order.
  std::vector<int> Revisions() const {
    std::vector<int> revisions;
    const std::string key = "\"revision\":";
    for (const std::string& lines : writes()) {
      for (size_t at = lines.find(key); at != std::string::npos; at = lines.find(key, at + 1)) {
        revisions.push_back(atoi(lines.c_str() + at + key.size()));
      }
    }
    return revisions;
  }

 private:
  mutable absl::Mutex mutex_;
  bool reads_ ABSL_GUARDED_BY(mutex_) = true;
  int begun_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> writes_ ABSL_GUARDED_BY(mutex_);
};

class EventLoggerTest : public testing::Test {
 protected:
  // Makes events durable, and the hub hand them out.
  void Append(int count) {
    log_.Append(count);
    log_.AnswerAll();
  }

  FakeEventLog log_;
  StatusHub hub_{log_, kWindowBytes};
  Reader reader_;
};

TEST_F(EventLoggerTest, WritesALineForEachEventFromNowOn) {
  Append(2);
  EventLogger logger(hub_, reader_.Take());
  Append(3);
  logger.Flush(5, kPatience);
  EXPECT_THAT(reader_.Revisions(), ElementsAre(3, 4, 5));
}

TEST_F(EventLoggerTest, WritesWholeLinesInPiecesThatAPipeTakesAtOnce) {
  EventLogger logger(hub_, reader_.Take());
  Append(500);
  logger.Flush(500, kPatience);
  EXPECT_EQ(reader_.Revisions().size(), 500u);
  const std::vector<std::string> writes = reader_.writes();
  for (const std::string& lines : writes) {
    EXPECT_LE(lines.size(), EventLogger::kMaxWriteBytes);
    EXPECT_EQ(lines.back(), '\n');
  }
  // Many lines share a piece.
  EXPECT_LT(writes.size(), 100u);
}

TEST_F(EventLoggerTest, ASlowReaderHoldsUpNobodyAndMissesOnlyWhatFindsNoRoom) {
  reader_.Hold();
  EventLogger logger(hub_, reader_.Take(), /*max_waiting=*/10);
  Append(1);
  reader_.AwaitWriter();
  // The thread is stuck with the first; the hub hands out all others nevertheless.
  Append(100);
  EXPECT_EQ(hub_.HandedOut(), 101);
  testing::internal::CaptureStderr();
  reader_.GoOn();
  logger.Flush(101, kPatience);
  // Ten more found room.
  EXPECT_THAT(reader_.Revisions(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr(R"("event":"events not logged, the log is too slow","events":90)"));
  Append(1);
  logger.Flush(102, kPatience);
  EXPECT_THAT(reader_.Revisions(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 102));
}

TEST_F(EventLoggerTest, GoesOnBehindWhatCannotBeRead) {
  EventLogger logger(hub_, reader_.Take());
  log_.Append(3);
  log_.Answer(absl::UnavailableError("disk"));
  // Joined anew by its thread, at a moment that nobody knows.
  int64_t last = 3;
  while (reader_.Revisions().empty()) {
    Append(1);
    logger.Flush(++last, absl::Milliseconds(10));
  }
  EXPECT_GT(reader_.Revisions().front(), 3);
}

TEST_F(EventLoggerTest, IsSilentWhereOnlyWorseIsLogged) {
  SetLogLevel(LogLevel::kWarning);
  EventLogger logger(hub_, reader_.Take());
  Append(3);
  logger.Flush(3, kPatience);
  SetLogLevel(LogLevel::kInfo);
  EXPECT_THAT(reader_.Revisions(), IsEmpty());
  Append(1);
  logger.Flush(4, kPatience);
  EXPECT_THAT(reader_.Revisions(), ElementsAre(4));
}

}  // namespace
}  // namespace mailstrom::server
