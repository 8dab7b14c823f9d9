// Sends emails to a Mailstrom server and says how fast they became durable. See bench/README.md.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "bench/load/load_email.h"
#include "bench/load/load_result.h"
#include "bench/load/load_run.h"
#include "bench/load/watch_load.h"
#include "grpcpp/grpcpp.h"

ABSL_FLAG(std::string, target, "127.0.0.1:2626", "server, host:port");
ABSL_FLAG(int64_t, messages, 1000, "emails to send");
ABSL_FLAG(int32_t, rcpts, 1, "recipients of each email; more than one are in 5 domains");
ABSL_FLAG(int32_t, concurrency, 20, "calls, or emails of streams, without an answer at any time");
ABSL_FLAG(int32_t, connections, 1, "connections to the server");
ABSL_FLAG(int32_t, body, 4096, "bytes of text of each email");
ABSL_FLAG(int32_t, domains, 100, "recipients' domains, d000.test and so on");
ABSL_FLAG(int32_t, groups, 0, "emails carry a tag that puts them into so many groups; 0: no tags");
ABSL_FLAG(std::string, run, "m", "marks the addresses of this run");
ABSL_FLAG(bool, stream, false, "use SendEmails instead of SendEmail");
ABSL_FLAG(double, rate, 0, "emails due a second whether or not answers come; 0: as answers come");
ABSL_FLAG(absl::Duration, send_in, absl::ZeroDuration(), "emails are due after this; 0: at once");
ABSL_FLAG(bool, json, false, "print one JSON object");
ABSL_FLAG(bool, one_by_one, false,
          "read one recipient a line, send an email to each, and print `ok` once it is durable");

ABSL_FLAG(
    int32_t, watch, 0,
    "open so many WatchStatus streams, each for one of --groups, print `watching`, and at the "
    "end of the input print how many events came; send nothing");
ABSL_FLAG(std::string, ca, "", "PEM file of who vouches for the server; empty: no TLS");

namespace mailstrom::bench {
namespace {

std::shared_ptr<grpc::ChannelCredentials> Credentials() {
  const std::string ca = absl::GetFlag(FLAGS_ca);
  if (ca.empty()) return grpc::InsecureChannelCredentials();
  std::ifstream file(ca);
  grpc::SslCredentialsOptions options;
  options.pem_root_certs.assign(std::istreambuf_iterator<char>(file), {});
  return grpc::SslCredentials(options);
}

std::unique_ptr<Stub> Connect(int number) {
  grpc::ChannelArguments arguments;
  // Otherwise gRPC gives all channels to one server the same connection.
  arguments.SetInt("mailstrom.bench.connection", number);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return v1::MailstromService::NewStub(
      grpc::CreateCustomChannel(absl::GetFlag(FLAGS_target), Credentials(), arguments));
}

int SendOneByOne(Stub& stub) {
  const std::string body = LoadBody(absl::GetFlag(FLAGS_body));
  for (std::string recipient; std::getline(std::cin, recipient);) {
    grpc::ClientContext context;
    v1::SendEmailResponse response;
    const grpc::Status status = stub.SendEmail(&context, EmailTo(recipient, body), &response);
    if (!status.ok()) {
      std::cerr << "mailstrom-load: " << status.error_message() << "\n";
      return 1;
    }
    std::cout << "ok" << std::endl;
  }
  return 0;
}

int Watch(const std::vector<std::unique_ptr<Stub>>& stubs) {
  const WatchLoad load(stubs, {.watchers = absl::GetFlag(FLAGS_watch),
                               .groups = std::max(0, absl::GetFlag(FLAGS_groups))});
  std::cout << "watching" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
  }
  std::cout << load.events() << std::endl;
  if (load.broken() == 0) return 0;
  std::cerr << "mailstrom-load: " << load.broken() << " watches broke\n";
  return 1;
}

int Main() {
  std::vector<std::unique_ptr<Stub>> stubs;
  for (int i = 0; i < std::max(1, absl::GetFlag(FLAGS_connections)); ++i) {
    stubs.push_back(Connect(i));
  }
  if (absl::GetFlag(FLAGS_one_by_one)) return SendOneByOne(*stubs[0]);
  if (absl::GetFlag(FLAGS_watch) > 0) return Watch(stubs);

  LoadOptions options;
  options.shape = {.body_bytes = absl::GetFlag(FLAGS_body),
                   .recipients = absl::GetFlag(FLAGS_rcpts),
                   .domains = absl::GetFlag(FLAGS_domains),
                   .groups = std::max(0, absl::GetFlag(FLAGS_groups)),
                   .run = absl::GetFlag(FLAGS_run)};
  const absl::Duration send_in = absl::GetFlag(FLAGS_send_in);
  if (send_in > absl::ZeroDuration()) options.shape.send_time = absl::Now() + send_in;
  options.emails = absl::GetFlag(FLAGS_messages);
  options.concurrency = absl::GetFlag(FLAGS_concurrency);
  options.rate = absl::GetFlag(FLAGS_rate);
  const bool stream = absl::GetFlag(FLAGS_stream);
  if (options.emails < 1 || options.concurrency < 1 || options.rate < 0 ||
      options.shape.recipients < 1 || options.shape.domains < 1 || (stream && options.rate > 0)) {
    std::cerr << "mailstrom-load: numbers must be positive, and --rate goes without --stream\n";
    return 2;
  }
  const LoadResult result = stream ? RunStreams(stubs, options) : RunUnary(stubs, options);
  std::cout << (absl::GetFlag(FLAGS_json) ? ToJson(result) : ToText(result)) << std::endl;
  return result.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace mailstrom::bench

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("sends emails to a Mailstrom server and measures it");
  absl::ParseCommandLine(argc, argv);
  const int code = mailstrom::bench::Main();
  std::cout.flush();
  // After large emails gRPC may take ten seconds to let go of a connection, which whoever measures
  // the program's life would take for the server's.
  std::_Exit(code);
}
