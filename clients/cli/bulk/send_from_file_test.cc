#include "clients/cli/bulk/send_from_file.h"

#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cpp/fake_server.h"

namespace mailstrom::cli {
namespace {

using client::FakeHandlers;
using client::FakeServer;

class SendFromFileTest : public testing::Test {
 protected:
  SendFromFileTest() : server_(Handlers()) {}

  // A server that knows each request_id it has accepted, and refuses `refuse@b.test`.
  FakeHandlers Handlers() {
    FakeHandlers handlers;
    handlers.send_emails = [this](const FakeHandlers::SendReader& read,
                                  const FakeHandlers::SendWriter& write) {
      v1::SendEmailsRequest request;
      while (read(request)) {
        v1::SendEmailsResponse answer;
        answer.set_index(request.index());
        Answer(request.request(), answer);
        write(answer);
      }
      return grpc::Status::OK;
    };
    return handlers;
  }

  void Answer(const v1::SendEmailRequest& request, v1::SendEmailsResponse& answer) {
    const bool known = accepted_.count(request.request_id()) > 0;
    if (!known && busy_ > 0) {
      --busy_;
      answer.mutable_error()->set_code(static_cast<int>(grpc::StatusCode::RESOURCE_EXHAUSTED));
      answer.mutable_error()->set_message("the queue is full");
      return;
    }
    if (!known && request.content().to(0).mailbox().address() == "refuse@b.test") {
      answer.mutable_error()->set_code(static_cast<int>(grpc::StatusCode::INVALID_ARGUMENT));
      answer.mutable_error()->set_message("no");
      return;
    }
    accepted_[request.request_id()] = request;
    answer.mutable_response()->set_replayed(known);
    answer.mutable_response()->mutable_email()->set_email_id(absl::StrCat("E", accepted_.size()));
  }

  ExitCode Run(std::vector<std::string> words) {
    out_.str("");
    err_.str("");
    words.insert(words.begin(), {"send", "--from=ann@a.test"});
    return RunRaw(words);
  }

  ExitCode RunRaw(const std::vector<std::string>& words) {
    const Environment environment = {
        .connection = {.server = server_.address()},
        .read_file = [](const std::string&) { return absl::NotFoundError("no files here"); },
        .open_file =
            [this](const std::string& path) -> absl::StatusOr<std::unique_ptr<std::istream>> {
          if (files_.count(path) == 0) return absl::InvalidArgumentError("cannot read " + path);
          return std::make_unique<std::istringstream>(files_[path]);
        },
        .terminal_size = [this] { return terminal_; },
        .out = out_,
        .err = err_};
    return RunCommandLine(words, environment);
  }

  std::map<std::string, std::string> files_ = {
      {"people.csv", "to,name\nbob@b.test,Bob\ncleo@b.test,Cleo\n"}};
  std::map<std::string, v1::SendEmailRequest> accepted_;
  int busy_ = 0;
  absl::optional<TerminalSize> terminal_;
  std::ostringstream out_;
  std::ostringstream err_;
  FakeServer server_;
};

TEST_F(SendFromFileTest, SendsAnEmailForEachRecord) {
  EXPECT_EQ(Run({"--from-file=people.csv", "--subject=Hi {name}", "--text=x"}), ExitCode::kOk)
      << err_.str();
  EXPECT_EQ(out_.str(), "E1 line 2\nE2 line 3\n");
  EXPECT_TRUE(absl::StartsWith(err_.str(), "mailstrom: 2 of 2 handed over in ")) << err_.str();
  std::set<std::string> subjects;
  for (const auto& [id, request] : accepted_) subjects.insert(request.content().subject());
  EXPECT_EQ(subjects, (std::set<std::string>{"Hi Bob", "Hi Cleo"}));
}

TEST_F(SendFromFileTest, ARepeatedCommandSendsNothingTwice) {
  const std::vector<std::string> words = {"--from-file=people.csv", "--text=x"};
  EXPECT_EQ(Run(words), ExitCode::kOk);
  EXPECT_EQ(Run(words), ExitCode::kOk);
  EXPECT_EQ(accepted_.size(), 2);
  EXPECT_TRUE(absl::StrContains(err_.str(), "2 of 2 handed over (2 of them before)")) << err_.str();
  // Another text is another mailing, another file, too.
  EXPECT_EQ(Run({"--from-file=people.csv", "--text=y"}), ExitCode::kOk);
  EXPECT_EQ(accepted_.size(), 4);
  files_["people.csv"] += "eve@b.test,Eve\n";
  EXPECT_EQ(Run(words), ExitCode::kOk);
  EXPECT_EQ(accepted_.size(), 7);
}

TEST_F(SendFromFileTest, AMailingWithANameMayGrow) {
  const std::vector<std::string> words = {"--from-file=people.csv", "--text=x", "--request-id=may"};
  EXPECT_EQ(Run(words), ExitCode::kOk);
  EXPECT_EQ(accepted_.count("may-2"), 1);
  files_["people.csv"] += "eve@b.test,Eve\n";
  EXPECT_EQ(Run(words), ExitCode::kOk);
  EXPECT_EQ(accepted_.size(), 3);
}

TEST_F(SendFromFileTest, NothingOfABadFileIsSent) {
  files_["bad.csv"] = "to,name\nbob@b.test,Bob\nnobody,X\n\"\",Y\n";
  EXPECT_EQ(Run({"--from-file=bad.csv", "--text=x"}), ExitCode::kUsage);
  EXPECT_TRUE(accepted_.empty());
  EXPECT_EQ(out_.str(), "");
  EXPECT_TRUE(absl::StrContains(err_.str(), "bad.csv:3: to: ")) << err_.str();
  EXPECT_TRUE(absl::StrContains(err_.str(), "bad.csv:4: there is no recipient\n")) << err_.str();
  EXPECT_TRUE(absl::StrContains(err_.str(), "2 of 3 emails are wrong, so nothing was sent"));

  EXPECT_EQ(Run({"--from-file=bad.csv", "--text=x", "--skip-bad"}), ExitCode::kRefused);
  EXPECT_EQ(accepted_.size(), 1);
  EXPECT_TRUE(absl::StrContains(err_.str(), "1 of 3 handed over, 2 skipped")) << err_.str();
}

TEST_F(SendFromFileTest, OnlyTheFirstComplaintsAreShown) {
  files_["bad.csv"] = "to\n";
  for (int i = 0; i < 25; ++i) files_["bad.csv"] += "nobody\n";
  EXPECT_EQ(Run({"--from-file=bad.csv", "--text=x"}), ExitCode::kUsage);
  EXPECT_TRUE(absl::StrContains(err_.str(), "bad.csv:21: ")) << err_.str();
  EXPECT_FALSE(absl::StrContains(err_.str(), "bad.csv:22: ")) << err_.str();
  EXPECT_TRUE(absl::StrContains(err_.str(), "and 5 more\n")) << err_.str();
}

TEST_F(SendFromFileTest, ARefusalLeavesTheOthersAlone) {
  files_["people.csv"] = "to\nrefuse@b.test\nbob@b.test\n";
  EXPECT_EQ(Run({"--from-file=people.csv", "--text=x"}), ExitCode::kRefused);
  EXPECT_EQ(accepted_.size(), 1);
  EXPECT_TRUE(absl::StrContains(err_.str(), "people.csv:2: no\n")) << err_.str();
  EXPECT_TRUE(absl::StrContains(err_.str(), "1 of 2 handed over, 1 refused")) << err_.str();
}

TEST_F(SendFromFileTest, AFullQueueIsWaitedFor) {
  busy_ = 3;
  EXPECT_EQ(Run({"--from-file=people.csv", "--text=x"}), ExitCode::kOk) << err_.str();
  EXPECT_EQ(accepted_.size(), 2);
}

TEST_F(SendFromFileTest, AQueueThatStaysFullEndsTheRun) {
  busy_ = 1000000;
  EXPECT_EQ(Run({"--from-file=people.csv", "--text=x", "--timeout=1s"}), ExitCode::kUnavailable);
  EXPECT_TRUE(absl::StrContains(err_.str(), "the queue is full")) << err_.str();
  EXPECT_TRUE(absl::StrContains(err_.str(), "the same command goes on where this one ended"));
}

TEST_F(SendFromFileTest, JsonHasALineForEachEmail) {
  files_["people.csv"] = "to\nrefuse@b.test\nbob@b.test\n";
  EXPECT_EQ(Run({"--from-file=people.csv", "--text=x", "--json", "--request-id=may"}),
            ExitCode::kRefused);
  EXPECT_EQ(err_.str(), "");
  EXPECT_TRUE(absl::StrContains(
      out_.str(), "{\"number\":1,\"line\":2,\"error\":{\"code\":3,\"message\":\"no\"}}\n"))
      << out_.str();
  EXPECT_TRUE(absl::StrContains(
      out_.str(), "{\"number\":2,\"line\":3,\"request_id\":\"may-2\",\"email_id\":\"E1\"}\n"))
      << out_.str();
  EXPECT_TRUE(absl::EndsWith(out_.str(),
                             "{\"summary\":{\"accepted\":1,\"accepted_before\":0,\"refused\":1,"
                             "\"skipped\":0,\"not_sent\":0}}\n"))
      << out_.str();
}

TEST_F(SendFromFileTest, ATerminalGetsABar) {
  terminal_ = TerminalSize{80, 24};
  EXPECT_EQ(Run({"--from-file=people.csv", "--text=x"}), ExitCode::kOk);
  EXPECT_TRUE(absl::StrContains(out_.str(), "####] 2 of 2")) << out_.str();
  EXPECT_FALSE(absl::StrContains(out_.str(), "E1"));
  EXPECT_TRUE(absl::EndsWith(out_.str(), "\r\x1b[K")) << out_.str();
}

TEST_F(SendFromFileTest, UsageErrors) {
  files_["a.mbox"] = "From a\nTo: b@b.test\n\nHi\n";
  const struct {
    std::vector<std::string> words;
    std::string message;
  } kCases[] = {
      {{"--from-file=none"}, "cannot read none"},
      {{"--from-file=people.csv", "--wait"}, "--wait is for one email"},
      {{"--from-file=people.csv", "--raw=x"}, "--raw is for one email"},
      {{"--from-file=people.csv", "--subject={nmae}"}, "{nmae} is no column"},
      {{"--from-file=a.mbox"}, "the messages of a mailbox file are complete"},
      {{"--from-file=people.csv", "--format=mbox", "--text=x"}, "messages of a mailbox file"},
      {{"--to=b@b.test", "--skip-bad"}, "--skip-bad needs --from-file"},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(Run(test.words), ExitCode::kUsage) << test.message;
    EXPECT_TRUE(absl::StrContains(err_.str(), test.message)) << err_.str();
  }
  EXPECT_TRUE(accepted_.empty());
}

}  // namespace
}  // namespace mailstrom::cli
