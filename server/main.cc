#include <getopt.h>
#include <signal.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "base/log.h"
#include "base/yaml_proto.h"
#include "server/admin/log_level.h"
#include "server/config.h"
#include "server/explain.h"
#include "server/mailstromd.h"
#include "server/read_file.h"

namespace mailstrom::server {
namespace {

constexpr int kOk = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;

constexpr char kHelp[] =
    "usage: mailstromd --config FILE [options]\n"
    "  --config FILE               the YAML configuration\n"
    "  --check-config              print the configuration in force and exit; 1 when it is wrong\n"
    "  --explain RECIPIENT         print where mail to this domain or address would go, how it "
    "would\n"
    "                              be treated there, and why; and exit\n"
    "  --sender SENDER             domain or address of the reverse-path, for --explain\n"
    "  --listen-address HOST:PORT  instead of listen_address in the configuration\n"
    "  --help                      print this and exit\n";

struct Arguments {
  std::string config_file;
  bool check_config = false;
  std::string explain;
  std::string sender;
  std::string listen_address;
  bool help = false;
};

// Nothing: the arguments are wrong, and getopt has said why.
std::optional<Arguments> ParseArguments(int argc, char** argv) {
  static constexpr option kOptions[] = {{"config", required_argument, nullptr, 'c'},
                                        {"check-config", no_argument, nullptr, 'k'},
                                        {"explain", required_argument, nullptr, 'e'},
                                        {"sender", required_argument, nullptr, 's'},
                                        {"listen-address", required_argument, nullptr, 'l'},
                                        {"help", no_argument, nullptr, 'h'},
                                        {nullptr, 0, nullptr, 0}};
  Arguments arguments;
  for (int code; (code = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    switch (code) {
      case 'c':
        arguments.config_file = optarg;
        break;
      case 'k':
        arguments.check_config = true;
        break;
      case 'e':
        arguments.explain = optarg;
        break;
      case 's':
        arguments.sender = optarg;
        break;
      case 'l':
        arguments.listen_address = optarg;
        break;
      case 'h':
        arguments.help = true;
        break;
      default:
        return std::nullopt;
    }
  }
  if (optind != argc || (arguments.config_file.empty() && !arguments.help)) return std::nullopt;
  return arguments;
}

std::string SystemHostName() {
  char name[HOST_NAME_MAX + 1] = {};
  return gethostname(name, sizeof(name) - 1) == 0 ? name : "";
}

absl::StatusOr<config::v1::ServerConfig> LoadConfig(const Arguments& arguments) {
  absl::StatusOr<std::string> yaml = ReadFile(arguments.config_file);
  if (!yaml.ok()) return yaml.status();
  return ParseConfig(
      *yaml, {.system_host_name = SystemHostName(), .listen_address = arguments.listen_address});
}

// The signals that end the server are blocked in every thread and taken here, one by one.
sigset_t BlockStopSignals() {
  signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  sigaddset(&signals, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// Whoever asks twice does not want to wait. (The default action of a signal would do nothing to the
// first process of a container.) What else is blocked stays so: nothing is reloaded at the end.
void EndWhenAskedAgain() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal_number : {SIGTERM, SIGINT}) {
    signal(signal_number, [](int number) { _exit(128 + number); });
    sigaddset(&signals, signal_number);
  }
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void ReloadPolicies(const Arguments& arguments, Mailstromd& server) {
  const absl::StatusOr<config::v1::ServerConfig> config = LoadConfig(arguments);
  const absl::Status status = config.ok() ? server.ReloadPolicies(*config) : config.status();
  if (status.ok()) {
    LogInfo("policies reloaded");
  } else {
    LogError("policies not reloaded", {{"error", std::string(status.message())}});
  }
}

// Returns the signal that asks the server to stop. Until then SIGHUP reloads the policies, and key
// files are looked at again then and now and then, because a secret that is mounted changes without
// a signal. SIGUSR1 makes a backup; others are made when it is time.
int AwaitStop(const sigset_t& signals, const Arguments& arguments, Mailstromd& server) {
  constexpr timespec kLookInterval = {.tv_sec = 30, .tv_nsec = 0};
  while (true) {
    const int signal_number = sigtimedwait(&signals, nullptr, &kLookInterval);
    if (signal_number == SIGTERM || signal_number == SIGINT) return signal_number;
    if (signal_number == SIGHUP) ReloadPolicies(arguments, server);
    if (signal_number == SIGUSR1) server.BackUp();
    server.BackUpIfDue();
    server.ReloadFiles();
  }
}

int Run(const config::v1::ServerConfig& config, const Arguments& arguments) {
#ifdef NDEBUG
  // Looking for lock cycles at each lock is for tests.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
  SetLogLevel(ParseLogLevel(config.log().level()).value_or(LogLevel::kInfo));
  const sigset_t signals = BlockStopSignals();
  absl::StatusOr<std::unique_ptr<Mailstromd>> server = Mailstromd::Start(config);
  if (!server.ok()) {
    LogError("not started", {{"error", server.status().ToString()}});
    return kFailed;
  }
  LogInfo("serving", {{"address", (*server)->address()},
                      {"host_name", config.host_name()},
                      {"tls", config.has_tls()}});
  if (IsInClear(config)) {
    LogWarning("calls of other machines are not encrypted, as allow_insecure_listen says",
               {{"address", (*server)->address()}});
  }
  if (IsOpen(config)) {
    LogWarning("open to other machines without credentials, as allow_insecure_listen says",
               {{"address", (*server)->address()}});
  }
  const int signal_number = AwaitStop(signals, arguments, **server);
  LogInfo("draining", {{"signal", strsignal(signal_number)}});
  EndWhenAskedAgain();
  (*server)->Stop();
  LogInfo("stopped");
  return kOk;
}

int PrintExplanation(const config::v1::ServerConfig& config, const Arguments& arguments) {
  const absl::StatusOr<std::string> text = Explain(config, arguments.explain, arguments.sender);
  if (!text.ok()) {
    std::fprintf(stderr, "mailstromd: %s\n", std::string(text.status().message()).c_str());
    return kFailed;
  }
  std::fputs(text->c_str(), stdout);
  return kOk;
}

int Main(int argc, char** argv) {
  const std::optional<Arguments> arguments = ParseArguments(argc, argv);
  if (!arguments.has_value()) {
    std::fputs(kHelp, stderr);
    return kUsage;
  }
  if (arguments->help) {
    std::fputs(kHelp, stdout);
    return kOk;
  }
  const absl::StatusOr<config::v1::ServerConfig> config = LoadConfig(*arguments);
  if (!config.ok()) {
    std::fprintf(stderr, "%s: wrong configuration:\n%s\n", arguments->config_file.c_str(),
                 std::string(config.status().message()).c_str());
    return kFailed;
  }
  if (arguments->check_config) {
    std::fputs(FormatYaml(*config).c_str(), stdout);
    return kOk;
  }
  if (!arguments->explain.empty()) return PrintExplanation(*config, *arguments);
  return Run(*config, *arguments);
}

}  // namespace
}  // namespace mailstrom::server

// Read by jemalloc, which serves many small objects from few threads faster than the C library's
// allocator. Two arenas are as many as threads are busy at a time; its own thread gives memory back
// while the server is idle.
extern "C" {
extern const char* const malloc_conf;
const char* const malloc_conf =
    "narenas:2,background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0";
}

int main(int argc, char** argv) { return mailstrom::server::Main(argc, argv); }
