#include "server/send_emails.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "gtest/gtest.h"
#include "server/service_fixture.h"
#include "tests/fakes/forwarding_store.h"

namespace mailstrom::server {
namespace {

constexpr int kMaxInFlight = 8;
constexpr size_t kMaxInFlightBytes = 20000;

class SendEmailsTest : public ServiceTest {
 protected:
  using Stream = grpc::ClientReaderWriter<v1::SendEmailsRequest, v1::SendEmailsResponse>;

  SendEmailsTest() : SendEmailsTest(storage::NewMemoryStore()) {}
  explicit SendEmailsTest(std::unique_ptr<storage::Store> store)
      : ServiceTest(
            {.store = std::move(store),
             .send = {.max_in_flight = kMaxInFlight, .max_in_flight_bytes = kMaxInFlightBytes}}) {}

  std::unique_ptr<Stream> Open() { return stub_->SendEmails(&context_); }

  static v1::SendEmailsRequest Numbered(int64_t index, v1::SendEmailRequest request) {
    v1::SendEmailsRequest out;
    out.set_index(index);
    *out.mutable_request() = std::move(request);
    return out;
  }

  grpc::ClientContext context_;
};

TEST_F(SendEmailsTest, EveryRequestIsAnsweredOnceAndABadOneFailsAlone) {
  constexpr int kRequests = 200;
  const std::unique_ptr<Stream> stream = Open();
  std::thread writer([&] {
    for (int i = 0; i < kRequests; ++i) {
      v1::SendEmailRequest request = GoodRequest({absl::StrCat("r", i, "@receiver.test")});
      if (i % 10 == 3) request.mutable_content()->set_subject("a\r\nb");
      EXPECT_TRUE(stream->Write(Numbered(i * 7, request)));
    }
    stream->WritesDone();
  });
  std::map<int64_t, v1::SendEmailsResponse> answers;
  v1::SendEmailsResponse response;
  while (stream->Read(&response)) {
    EXPECT_TRUE(answers.emplace(response.index(), response).second) << response.index();
  }
  writer.join();
  EXPECT_TRUE(stream->Finish().ok());
  ASSERT_EQ(answers.size(), static_cast<size_t>(kRequests));
  for (int i = 0; i < kRequests; ++i) {
    const v1::SendEmailsResponse& answer = answers.at(i * 7);
    if (i % 10 == 3) {
      EXPECT_EQ(answer.error().code(), grpc::StatusCode::INVALID_ARGUMENT);
      EXPECT_EQ(answer.error().reason(), v1::ERROR_REASON_FIELD_INVALID);
      ASSERT_EQ(answer.error().field_violations_size(), 1);
      EXPECT_EQ(answer.error().field_violations(0).field(), "content.subject");
      continue;
    }
    v1::Email email;
    ASSERT_TRUE(Query(answer.response().email().email_id(), &email).ok());
    EXPECT_EQ(email.recipients(0).address(), absl::StrCat("r", i, "@receiver.test"));
  }
  EXPECT_EQ(store_->LastSequence(), kRequests * 9 / 10);
}

TEST_F(SendEmailsTest, AnswersComeWhileTheStreamIsOpen) {
  const std::unique_ptr<Stream> stream = Open();
  v1::SendEmailsResponse response;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(stream->Write(Numbered(i, GoodRequest())));
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.index(), i);
    EXPECT_TRUE(response.has_response());
  }
  stream->WritesDone();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(SendEmailsTest, RequestIdsMeanTheSameOnAStream) {
  v1::SendEmailRequest request = GoodRequest();
  request.set_request_id("order-17");
  const std::string id = MustSend(request);
  const std::unique_ptr<Stream> stream = Open();
  ASSERT_TRUE(stream->Write(Numbered(0, request)));
  v1::SendEmailsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_TRUE(response.response().replayed());
  EXPECT_EQ(response.response().email().email_id(), id);
  request.mutable_content()->set_subject("Other");
  ASSERT_TRUE(stream->Write(Numbered(1, request)));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.error().code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(response.error().reason(), v1::ERROR_REASON_REQUEST_ID_REUSED);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(SendEmailsTest, DrainingAnswersWhatWasReadAndEndsTheStream) {
  const std::unique_ptr<Stream> stream = Open();
  ASSERT_TRUE(stream->Write(Numbered(1, GoodRequest())));
  v1::SendEmailsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  service_.StopAccepting();
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "DRAINING");
  EXPECT_EQ(store_->LastSequence(), 1);

  grpc::ClientContext late_context;
  const auto late = stub_->SendEmails(&late_context);
  late->Write(Numbered(1, GoodRequest()));
  EXPECT_FALSE(late->Read(&response) && response.has_response());
  EXPECT_EQ(late->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(store_->LastSequence(), 1);
}

TEST_F(SendEmailsTest, ACancelledStreamEnds) {
  const std::unique_ptr<Stream> stream = Open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(stream->Write(Numbered(i, GoodRequest())));
  context_.TryCancel();
  v1::SendEmailsResponse response;
  while (stream->Read(&response)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  // The destructor of the fixture waits for the stream's end.
}

TEST_F(SendEmailsTest, AStreamWithoutRequestsEndsWell) {
  const std::unique_ptr<Stream> stream = Open();
  stream->WritesDone();
  v1::SendEmailsResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

// Answers calls of Accept when it is told to, and counts how many wait.
class HoldingStore final : public ForwardingStore {
 public:
  HoldingStore() : ForwardingStore(storage::NewMemoryStore()) {}

  void Accept(storage::AcceptRequest request, Done<storage::Accepted> done) override {
    absl::MutexLock lock(&mutex_);
    held_.emplace_back(std::move(request), std::move(done));
    most_held_ = std::max(most_held_, held_.size());
  }

  // Waits until so many calls wait, then lets the oldest go on.
  void PassOne(size_t waiting) {
    std::pair<storage::AcceptRequest, Done<storage::Accepted>> call;
    {
      absl::MutexLock lock(&mutex_);
      const auto enough = [this, waiting]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return held_.size() >= waiting;
      };
      mutex_.Await(absl::Condition(&enough));
      call = std::move(held_.front());
      held_.pop_front();
    }
    ForwardingStore::Accept(std::move(call.first), std::move(call.second));
  }

  size_t most_held() {
    absl::MutexLock lock(&mutex_);
    return most_held_;
  }

 private:
  absl::Mutex mutex_;
  std::deque<std::pair<storage::AcceptRequest, Done<storage::Accepted>>> held_
      ABSL_GUARDED_BY(mutex_);
  size_t most_held_ ABSL_GUARDED_BY(mutex_) = 0;
};

class SlowStoreTest : public SendEmailsTest {
 protected:
  SlowStoreTest() : SendEmailsTest(std::make_unique<HoldingStore>()) {}

  // Sends `count` times `request` while `held` of them wait in the store at most.
  void SendWithMostHeld(int count, const v1::SendEmailRequest& request, size_t held) {
    auto& store = static_cast<HoldingStore&>(*store_);
    const std::unique_ptr<Stream> stream = Open();
    std::thread writer([&] {
      for (int i = 0; i < count; ++i) EXPECT_TRUE(stream->Write(Numbered(i, request)));
      stream->WritesDone();
    });
    v1::SendEmailsResponse response;
    for (int i = 0; i < count; ++i) {
      store.PassOne(std::min<size_t>(held, count - i));
      // Its answer makes room for another one.
      ASSERT_TRUE(stream->Read(&response));
      EXPECT_TRUE(response.has_response());
    }
    writer.join();
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_TRUE(stream->Finish().ok());
    EXPECT_EQ(store.most_held(), held);
  }
};

TEST_F(SlowStoreTest, NoMoreRequestsAreTakenInThanMayBeInFlight) {
  SendWithMostHeld(30, GoodRequest(), kMaxInFlight);
}

TEST_F(SlowStoreTest, NoMoreBytesAreTakenInThanMayBeInFlight) {
  v1::SendEmailRequest request = GoodRequest();
  request.mutable_content()->set_text(std::string(kMaxInFlightBytes / 3, 'x'));
  SendWithMostHeld(10, request, 3);
}

TEST_F(SlowStoreTest, ARequestLargerThanTheBoundGoesAlone) {
  v1::SendEmailRequest request = GoodRequest();
  request.mutable_content()->set_text(std::string(2 * kMaxInFlightBytes, 'x'));
  SendWithMostHeld(4, request, 1);
}

}  // namespace
}  // namespace mailstrom::server
