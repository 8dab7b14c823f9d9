// The least that a durable service behind gRPC can do: for each SendEmail it puts the text and five
// small keys into RocksDB and answers once a synced write has them. All calls that wait share one
// write. It validates, composes and delivers nothing; the difference to it is what Mailstrom's
// accepting costs.
//
//   bare-service ADDRESS FOLDER

#include <csignal>
#include <cstdint>
#include <deque>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/grpcpp.h"
#include "mailstrom/v1/mailstrom_service.grpc.pb.h"
#include "rocksdb/db.h"

namespace mailstrom::bench {
namespace {

// Puts all values that wait into one synced write.
class GroupCommitter {
 public:
  using Done = std::function<void(bool ok)>;

  explicit GroupCommitter(const std::string& folder) {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* db = nullptr;
    if (!rocksdb::DB::Open(options, folder, &db).ok()) std::abort();
    db_.reset(db);
    thread_ = std::thread([this] { Run(); });
  }

  ~GroupCommitter() {
    {
      absl::MutexLock lock(&mutex_);
      stop_ = true;
    }
    thread_.join();
  }

  void Put(std::string value, Done done) {
    absl::MutexLock lock(&mutex_);
    waiting_.push_back({std::move(value), std::move(done)});
  }

 private:
  struct Item {
    std::string value;
    Done done;
  };

  void Run() {
    for (;;) {
      std::vector<Item> group;
      {
        absl::MutexLock lock(&mutex_);
        mutex_.Await(absl::Condition(
            +[](GroupCommitter* self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(self->mutex_) {
              return self->stop_ || !self->waiting_.empty();
            },
            this));
        if (waiting_.empty()) return;
        group.swap(waiting_);
      }
      rocksdb::WriteBatch batch;
      for (const Item& item : group) {
        const uint64_t id = ++last_;
        batch.Put(absl::StrCat("content/", absl::Hex(id, absl::kZeroPad16)), item.value);
        for (const char* const kind : {"email/", "recipient/", "due/", "event/", "time/"}) {
          batch.Put(absl::StrCat(kind, absl::Hex(id, absl::kZeroPad16)), "small value");
        }
      }
      rocksdb::WriteOptions synced;
      synced.sync = true;
      const bool ok = db_->Write(synced, &batch).ok();
      for (const Item& item : group) item.done(ok);
    }
  }

  std::unique_ptr<rocksdb::DB> db_;
  std::thread thread_;
  uint64_t last_ = 0;
  absl::Mutex mutex_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Item> waiting_ ABSL_GUARDED_BY(mutex_);
};

const grpc::Status kNotStored(grpc::StatusCode::UNAVAILABLE, "not stored");

// Answers each email of a stream as it becomes durable.
class Stream final : public grpc::ServerBidiReactor<v1::SendEmailsRequest, v1::SendEmailsResponse> {
 public:
  explicit Stream(GroupCommitter& committer) : committer_(committer) { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    if (!ok) {
      absl::MutexLock lock(&mutex_);
      read_all_ = true;
      return MaybeFinish();
    }
    {
      absl::MutexLock lock(&mutex_);
      ++unanswered_;
    }
    committer_.Put(std::move(*request_.mutable_request()->mutable_content()->mutable_text()),
                   [this, index = request_.index()](bool stored) { Answer(index, stored); });
    StartRead(&request_);
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    --unanswered_;
    WriteNext();
    MaybeFinish();
  }

  void OnDone() override { delete this; }

 private:
  void Answer(int64_t index, bool stored) {
    v1::SendEmailsResponse response;
    response.set_index(index);
    if (stored) {
      response.mutable_response();
    } else {
      response.mutable_error()->set_message("not stored");
    }
    absl::MutexLock lock(&mutex_);
    answers_.push_back(std::move(response));
    WriteNext();
  }

  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || answers_.empty()) return;
    response_ = std::move(answers_.front());
    answers_.pop_front();
    writing_ = true;
    StartWrite(&response_);
  }

  void MaybeFinish() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (read_all_ && unanswered_ == 0) Finish(grpc::Status::OK);
  }

  GroupCommitter& committer_;
  v1::SendEmailsRequest request_;
  v1::SendEmailsResponse response_;
  absl::Mutex mutex_;
  bool read_all_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t unanswered_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<v1::SendEmailsResponse> answers_ ABSL_GUARDED_BY(mutex_);
};

class BareService final : public v1::MailstromService::CallbackService {
 public:
  explicit BareService(GroupCommitter& committer) : committer_(committer) {}

  grpc::ServerUnaryReactor* SendEmail(grpc::CallbackServerContext* context,
                                      const v1::SendEmailRequest* request,
                                      v1::SendEmailResponse*) override {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    committer_.Put(request->content().text(), [reactor](bool stored) {
      reactor->Finish(stored ? grpc::Status::OK : kNotStored);
    });
    return reactor;
  }

  grpc::ServerBidiReactor<v1::SendEmailsRequest, v1::SendEmailsResponse>* SendEmails(
      grpc::CallbackServerContext*) override {
    return new Stream(committer_);
  }

 private:
  GroupCommitter& committer_;
};

}  // namespace
}  // namespace mailstrom::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: bare-service ADDRESS FOLDER\n";
    return 2;
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  mailstrom::bench::GroupCommitter committer(argv[2]);
  mailstrom::bench::BareService service(committer);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(argv[1], grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  int signal = 0;
  sigwait(&signals, &signal);
  server->Shutdown();
  return 0;
}
