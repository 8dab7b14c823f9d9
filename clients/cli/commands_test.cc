#include "clients/cli/commands.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "clients/cli/command_table.h"
#include "clients/cpp/fake_server.h"
#include "mailstrom/rpc/error_details.pb.h"

namespace mailstrom::cli {
namespace {

using client::FakeHandlers;
using client::FakeServer;

struct Result {
  ExitCode code;
  std::string out;
  std::string err;
};

Result RunWith(const std::vector<std::string>& words, const std::string& server,
               absl::optional<TerminalSize> terminal = absl::nullopt) {
  std::ostringstream out;
  std::ostringstream err;
  const Environment environment = {
      .connection = {.server = server},
      .read_file = [](const std::string&) { return absl::NotFoundError("no files here"); },
      .terminal_size = [terminal] { return terminal; },
      .out = out,
      .err = err};
  const ExitCode code = RunCommandLine(words, environment);
  return {code, out.str(), err.str()};
}

// For command lines that end before any call.
Result RunOffline(const std::vector<std::string>& words) { return RunWith(words, "nowhere:0"); }

v1::Email EmailIn(v1::Recipient::State state) {
  v1::Email email;
  email.set_email_id("E1");
  v1::Recipient* recipient = email.add_recipients();
  recipient->set_address("b@b");
  recipient->set_state(state);
  return email;
}

// A server that accepts every email and whose watches show it queued, then in `state`.
FakeHandlers HandlersSettlingIn(v1::Recipient::State state) {
  FakeHandlers handlers;
  handlers.send_email = [](const v1::SendEmailRequest&, v1::SendEmailResponse& response) {
    response.mutable_email()->set_email_id("E1");
    return grpc::Status::OK;
  };
  handlers.query_status = [state](const v1::QueryStatusRequest& request,
                                  v1::QueryStatusResponse& response) {
    if (request.email_id() != "E1") {
      return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such email");
    }
    *response.mutable_email() = EmailIn(state);
    return grpc::Status::OK;
  };
  handlers.watch_status = [state](const v1::WatchStatusRequest& request,
                                  const FakeHandlers::Writer& write) {
    v1::WatchStatusResponse response;
    response.set_cursor("c1");
    *response.mutable_snapshot() = EmailIn(v1::Recipient::STATE_QUEUED);
    if (request.cursor().empty()) write(response);
    response.set_cursor("c2");
    response.mutable_event()->set_email_id("E1");
    response.mutable_event()->set_revision(2);
    *response.mutable_event()->mutable_recipient() = EmailIn(state).recipients(0);
    if (request.cursor() != "c2") write(response);
    return grpc::Status::OK;
  };
  return handlers;
}

TEST(CommandsTest, HelpAndVersion) {
  EXPECT_EQ(RunOffline({"help"}).code, ExitCode::kOk);
  EXPECT_TRUE(absl::StrContains(RunOffline({"--help"}).out, "Exit codes:"));
  EXPECT_TRUE(absl::StrContains(RunOffline({"help", "send"}).out, "--envelope-from ADDRESS"));
  EXPECT_EQ(RunOffline({"help", "send"}).out, RunOffline({"send", "--help"}).out);
  EXPECT_TRUE(absl::StartsWith(RunOffline({"--version"}).out, "mailstrom "));
}

TEST(CommandsTest, GroupsAreExplained) {
  EXPECT_TRUE(absl::StrContains(RunOffline({"help", "dkim"}).out, "dkim keygen"));
  EXPECT_EQ(RunOffline({"dkim", "--help"}).out, RunOffline({"help", "dkim"}).out);
  EXPECT_EQ(RunOffline({"dkim"}).err, RunOffline({"help", "dkim"}).out);
  EXPECT_TRUE(absl::StrContains(RunOffline({"help", "dkim", "check"}).out, "--selector"));
}

// Whether `text` is JSON objects, at least one, each in a line.
testing::AssertionResult IsJsonLines(absl::string_view text) {
  if (!absl::ConsumeSuffix(&text, "\n")) return testing::AssertionFailure() << "no line";
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    google::protobuf::Struct object;
    const auto status = google::protobuf::util::JsonStringToMessage(std::string(line), &object);
    if (!status.ok()) return testing::AssertionFailure() << line << ": " << status.ToString();
  }
  return testing::AssertionSuccess();
}

TEST(CommandsTest, EveryCommandSpeaksJson) {
  // What makes a command end well; the others end with an error.
  const std::map<std::string, std::vector<std::string>> kWords = {
      {"send", {"--to=b@b"}}, {"status", {"E1", "--dialogue"}}, {"cancel", {"E1"}}, {"list", {}},
      {"watch", {"E1"}},      {"completion", {"bash"}},         {"help", {}},       {"version", {}},
  };
  FakeHandlers handlers = HandlersSettlingIn(v1::Recipient::STATE_DELIVERED);
  handlers.query_dialogues = [](const v1::QueryDialoguesRequest&,
                                v1::QueryDialoguesResponse& response) {
    response.add_dialogues();
    return grpc::Status::OK;
  };
  handlers.cancel_email = [](const v1::CancelEmailRequest&, v1::CancelEmailResponse& response) {
    *response.mutable_email() = EmailIn(v1::Recipient::STATE_FAILED);
    return grpc::Status::OK;
  };
  handlers.list_emails = [](const v1::ListEmailsRequest&, v1::ListEmailsResponse& response) {
    *response.add_emails() = EmailIn(v1::Recipient::STATE_FAILED);
    return grpc::Status::OK;
  };
  FakeServer server(handlers);
  for (const Command& command : Commands()) {
    std::vector<std::string> words = absl::StrSplit(command.name, ' ');
    words.push_back("--json");
    const auto found = kWords.find(std::string(command.name));
    if (found != kWords.end()) {
      words.insert(words.end(), found->second.begin(), found->second.end());
      const Result result = RunWith(words, server.address());
      EXPECT_EQ(result.code, ExitCode::kOk) << command.name << result.err;
      EXPECT_TRUE(IsJsonLines(result.out)) << command.name;
      EXPECT_EQ(result.err, "") << command.name;
    }
    words.push_back("--no-such-option");
    const Result wrong = RunWith(words, server.address());
    EXPECT_EQ(wrong.code, ExitCode::kUsage) << command.name;
    EXPECT_TRUE(IsJsonLines(wrong.err)) << command.name;
    EXPECT_EQ(wrong.out, "") << command.name;
  }
}

TEST(CommandsTest, AWrongConfigurationStopsOnlyWhatNeedsIt) {
  std::ostringstream out;
  std::ostringstream err;
  const Environment environment = {
      .configuration = absl::InvalidArgumentError("config.yaml: line 1: no such field"),
      .read_file = [](const std::string&) { return absl::NotFoundError("no files here"); },
      .terminal_size = [] { return absl::nullopt; },
      .out = out,
      .err = err};
  EXPECT_EQ(RunCommandLine({"list"}, environment), ExitCode::kUsage);
  EXPECT_TRUE(absl::StrContains(err.str(), "config.yaml: line 1: no such field")) << err.str();
  EXPECT_EQ(RunCommandLine({"help"}, environment), ExitCode::kOk);
  EXPECT_EQ(RunCommandLine({"version"}, environment), ExitCode::kOk);
}

TEST(CommandsTest, TheConfiguredAuthorIsThatOfComposedEmails) {
  FakeHandlers handlers;
  std::string author;
  handlers.send_email = [&author](const v1::SendEmailRequest& request, v1::SendEmailResponse&) {
    author = request.content().from(0).mailbox().address();
    return grpc::Status::OK;
  };
  FakeServer server(handlers);
  std::ostringstream out;
  const Environment environment = {
      .connection = {.server = server.address(), .from = "Ann <ann@a.test>"},
      .read_file = [](const std::string&) { return absl::NotFoundError("no files here"); },
      .terminal_size = [] { return absl::nullopt; },
      .out = out,
      .err = out};
  EXPECT_EQ(RunCommandLine({"send", "--to=b@b.test"}, environment), ExitCode::kOk) << out.str();
  EXPECT_EQ(author, "ann@a.test");
  EXPECT_EQ(RunCommandLine({"send", "--to=b@b.test", "--from=eve@e.test"}, environment),
            ExitCode::kOk);
  EXPECT_EQ(author, "eve@e.test");
}

TEST(CommandsTest, UsageErrors) {
  const struct {
    std::vector<std::string> words;
    std::string message;
  } kCases[] = {
      {{}, "Usage: mailstrom"},
      {{"sned"}, "there is no command 'sned'"},
      {{"help", "sned"}, "there is no command 'sned'"},
      {{"send"}, "nothing to send"},
      {{"send", "E1"}, "'E1' is one word too many"},
      {{"send", "--cursor=c"}, "unknown option --cursor"},
      {{"send", "--text-file=x"}, "no files here"},
      {{"status"}, "status needs EMAIL_ID"},
      {{"status", "E1", "E2"}, "'E2' is one word too many"},
      {{"watch"}, "watch needs EMAIL_ID..."},
      {{"watch", "E1", "--timeout=soon"}, "--timeout is no duration"},
      {{"watch", "E1", "--timeout=-1s"}, "--timeout is no duration"},
  };
  for (const auto& test : kCases) {
    const Result result = RunOffline(test.words);
    EXPECT_EQ(result.code, ExitCode::kUsage) << test.message;
    EXPECT_TRUE(absl::StrContains(result.err, test.message)) << result.err;
    EXPECT_EQ(result.out, "");
  }
}

TEST(CommandsTest, SendPrintsTheId) {
  FakeServer server(HandlersSettlingIn(v1::Recipient::STATE_DELIVERED));
  const Result plain = RunWith({"send", "--to=b@b"}, server.address());
  EXPECT_EQ(plain.code, ExitCode::kOk);
  EXPECT_EQ(plain.out, "E1\n");
  EXPECT_EQ(RunWith({"send", "--to=b@b", "--json"}, server.address()).out,
            "{\"email\":{\"email_id\":\"E1\"}}\n");
}

TEST(CommandsTest, ServerOptionWins) {
  FakeServer server(HandlersSettlingIn(v1::Recipient::STATE_DELIVERED));
  EXPECT_EQ(RunOffline({"send", "--to=b@b", "--server", server.address()}).code, ExitCode::kOk);
}

TEST(CommandsTest, WaitEndsWithTheOutcome) {
  const struct {
    v1::Recipient::State state;
    ExitCode code;
  } kCases[] = {
      {v1::Recipient::STATE_DELIVERED, ExitCode::kOk},
      {v1::Recipient::STATE_FAILED, ExitCode::kRecipientFailed},
  };
  for (const auto& test : kCases) {
    FakeServer server(HandlersSettlingIn(test.state));
    const Result result = RunWith({"send", "--to=b@b", "--wait"}, server.address());
    EXPECT_EQ(result.code, test.code);
    EXPECT_TRUE(absl::StartsWith(result.out, "E1\n1970-01-01T00:00:00Z E1 b@b QUEUED\n"))
        << result.out;
    EXPECT_EQ(RunWith({"watch", "E1"}, server.address()).code, test.code);
    EXPECT_EQ(RunWith({"watch", "E1", "--cursor=c1"}, server.address()).code, test.code);
    EXPECT_EQ(RunWith({"watch", "E1", "--cursor=c2"}, server.address()).code, test.code);
  }
}

TEST(CommandsTest, JsonWatchHasACursorOnEveryLine) {
  FakeServer server(HandlersSettlingIn(v1::Recipient::STATE_DELIVERED));
  EXPECT_EQ(RunWith({"watch", "E1", "--json"}, server.address()).out,
            "{\"cursor\":\"c1\",\"snapshot\":{\"email_id\":\"E1\",\"recipients\":"
            "[{\"address\":\"b@b\",\"state\":\"STATE_QUEUED\"}]}}\n"
            "{\"cursor\":\"c2\",\"event\":{\"email_id\":\"E1\",\"revision\":\"2\",\"recipient\":"
            "{\"address\":\"b@b\",\"state\":\"STATE_DELIVERED\"}}}\n");
}

TEST(CommandsTest, TerminalGetsATable) {
  FakeServer server(HandlersSettlingIn(v1::Recipient::STATE_DELIVERED));
  const Result result = RunWith({"watch", "E1"}, server.address(), TerminalSize());
  EXPECT_EQ(result.code, ExitCode::kOk);
  EXPECT_TRUE(absl::StrContains(result.out, "E1  0 of 1 settled"));
  EXPECT_TRUE(absl::StrContains(result.out, "\x1b[2A\rE1  1 of 1 settled")) << result.out;
}

TEST(CommandsTest, TimeoutLeavesUnsettled) {
  FakeHandlers handlers;
  handlers.watch_status = [](const v1::WatchStatusRequest&, const FakeHandlers::Writer& write) {
    v1::WatchStatusResponse response;
    *response.mutable_snapshot() = EmailIn(v1::Recipient::STATE_DEFERRED);
    while (write(response)) {
    }
    return grpc::Status::CANCELLED;
  };
  FakeServer server(handlers);
  const Result result = RunWith({"watch", "E1", "--timeout=50ms", "--json"}, server.address());
  EXPECT_EQ(result.code, ExitCode::kUnsettled);
}

TEST(CommandsTest, StatusShowsTheEmail) {
  FakeServer server(HandlersSettlingIn(v1::Recipient::STATE_FAILED));
  const Result result = RunWith({"status", "E1"}, server.address());
  EXPECT_EQ(result.code, ExitCode::kOk);
  EXPECT_TRUE(absl::StrContains(result.out, "  b@b\n    FAILED\n")) << result.out;
  EXPECT_EQ(RunWith({"status", "E1", "--json"}, server.address()).out,
            "{\"email_id\":\"E1\",\"recipients\":[{\"address\":\"b@b\",\"state\":"
            "\"STATE_FAILED\"}]}\n");
  EXPECT_EQ(RunWith({"status", "E2"}, server.address()).code, ExitCode::kNotFound);
}

TEST(CommandsTest, StatusShowsWhatWasSaid) {
  FakeHandlers handlers = HandlersSettlingIn(v1::Recipient::STATE_FAILED);
  handlers.query_dialogues = [](const v1::QueryDialoguesRequest& request,
                                v1::QueryDialoguesResponse& response) {
    EXPECT_EQ(request.email_id(), "E1");
    v1::Dialogue* dialogue = response.add_dialogues();
    dialogue->add_recipients("b@b");
    v1::DialogueLine* line = dialogue->add_lines();
    line->mutable_time()->set_seconds(100);
    line->set_speaker(v1::DialogueLine::SPEAKER_CLIENT);
    line->set_text("EHLO me.test");
    line = dialogue->add_lines();
    line->mutable_time()->set_seconds(101);
    line->mutable_time()->set_nanos(500000000);
    line->set_speaker(v1::DialogueLine::SPEAKER_SERVER);
    line->set_text("250 hello");
    return grpc::Status::OK;
  };
  FakeServer server(handlers);
  const Result result = RunWith({"status", "E1", "--dialogue"}, server.address());
  EXPECT_EQ(result.code, ExitCode::kOk);
  EXPECT_TRUE(absl::StrContains(result.out,
                                "for b@b\n      0.000 C: EHLO me.test\n"
                                "      1.500 S: 250 hello\n"))
      << result.out;
  EXPECT_TRUE(
      absl::StrContains(RunWith({"status", "E1", "--dialogue", "--json"}, server.address()).out,
                        "\"speaker\":\"SPEAKER_SERVER\",\"text\":\"250 hello\""));
}

TEST(CommandsTest, CancelShowsWhatIsLeft) {
  FakeHandlers handlers;
  handlers.cancel_email = [](const v1::CancelEmailRequest& request,
                             v1::CancelEmailResponse& response) {
    if (request.email_id() != "E1") {
      return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such email");
    }
    *response.mutable_email() = EmailIn(v1::Recipient::STATE_FAILED);
    return grpc::Status::OK;
  };
  FakeServer server(handlers);
  const Result result = RunWith({"cancel", "E1"}, server.address());
  EXPECT_EQ(result.code, ExitCode::kOk);
  EXPECT_TRUE(absl::StrContains(result.out, "  b@b\n    FAILED\n")) << result.out;
  EXPECT_EQ(RunWith({"cancel", "E2"}, server.address()).code, ExitCode::kNotFound);
}

TEST(CommandsTest, ListFollowsPagesUpToItsLimit) {
  FakeHandlers handlers;
  handlers.list_emails = [](const v1::ListEmailsRequest& request,
                            v1::ListEmailsResponse& response) {
    EXPECT_EQ(request.tags().at("team"), "blue");
    EXPECT_EQ(request.state(), v1::Email::STATE_ACTIVE);
    // One email a page, and an empty page between.
    response.set_next_page_token(request.page_token() + "x");
    if (request.page_token() != "x") {
      *response.add_emails() = EmailIn(v1::Recipient::STATE_QUEUED);
    }
    return grpc::Status::OK;
  };
  FakeServer server(handlers);
  const Result result =
      RunWith({"list", "--tag=team=blue", "--active", "--limit=3"}, server.address());
  EXPECT_EQ(result.code, ExitCode::kOk);
  const std::string line = "1970-01-01T00:00:00Z E1 1 QUEUED\n";
  EXPECT_EQ(result.out, line + line + line);
  EXPECT_EQ(RunOffline({"list", "--limit=0"}).code, ExitCode::kUsage);
  EXPECT_EQ(RunOffline({"list", "--active", "--settled"}).code, ExitCode::kUsage);
}

TEST(CommandsTest, SendPassesItsRequestId) {
  FakeHandlers handlers;
  handlers.send_email = [](const v1::SendEmailRequest& request, v1::SendEmailResponse& response) {
    response.mutable_email()->set_email_id(request.request_id());
    return grpc::Status::OK;
  };
  FakeServer server(handlers);
  EXPECT_EQ(RunWith({"send", "--to=b@b", "--request-id=r1"}, server.address()).out, "r1\n");
}

grpc::Status TwoWrongFields() {
  rpc::BadRequest request;
  for (const char* field : {"content.subject", "content.to[0].address"}) {
    auto* violation = request.add_field_violations();
    violation->set_field(field);
    violation->set_description("is wrong");
  }
  rpc::ErrorInfo info;
  info.set_reason("FIELD_INVALID");
  rpc::Status details;
  google::protobuf::Any* any = details.add_details();
  any->set_type_url("type.googleapis.com/google.rpc.BadRequest");
  any->set_value(request.SerializeAsString());
  any = details.add_details();
  any->set_type_url("type.googleapis.com/google.rpc.ErrorInfo");
  any->set_value(info.SerializeAsString());
  return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "bad request",
                      details.SerializeAsString());
}

TEST(CommandsTest, RefusalNamesEveryField) {
  FakeHandlers handlers;
  handlers.send_email = [](const v1::SendEmailRequest&, v1::SendEmailResponse&) {
    return TwoWrongFields();
  };
  FakeServer server(handlers);
  const Result plain = RunWith({"send", "--to=b"}, server.address());
  EXPECT_EQ(plain.code, ExitCode::kRefused);
  EXPECT_EQ(plain.err,
            "mailstrom: INVALID_ARGUMENT: bad request\n"
            "  content.subject: is wrong\n"
            "  content.to[0].address: is wrong\n");
  EXPECT_EQ(RunWith({"send", "--to=b", "--json"}, server.address()).err,
            "{\"code\":3,\"message\":\"bad request\",\"reason\":\"ERROR_REASON_FIELD_INVALID\","
            "\"field_violations\":["
            "{\"field\":\"content.subject\",\"description\":\"is wrong\"},"
            "{\"field\":\"content.to[0].address\",\"description\":\"is wrong\"}]}\n");
}

TEST(CommandsTest, UnreachableServerIsNamed) {
  std::string address;
  {
    address = FakeServer(FakeHandlers()).address();
  }
  const Result result = RunWith({"status", "E1"}, address);
  EXPECT_EQ(result.code, ExitCode::kUnavailable);
  EXPECT_TRUE(absl::StrContains(result.err, absl::StrCat("server ", address, ": UNAVAILABLE")))
      << result.err;
}

}  // namespace
}  // namespace mailstrom::cli
