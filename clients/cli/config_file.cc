#include "clients/cli/config_file.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/duration_text.h"
#include "base/status_macros.h"
#include "base/yaml_proto.h"
#include "clients/cli/cli_config.pb.h"

namespace mailstrom::cli {
namespace {

constexpr int kReadableByOthers = 0004;

std::string DefaultPath(const ConfigSources& sources) {
  const std::string folder = sources.variable("XDG_CONFIG_HOME");
  // Relative ones are to be ignored, says the XDG Base Directory Specification.
  if (absl::StartsWith(folder, "/")) return absl::StrCat(folder, "/mailstrom/config.yaml");
  const std::string home = sources.variable("HOME");
  return home.empty() ? "" : absl::StrCat(home, "/.config/mailstrom/config.yaml");
}

absl::Status CheckSecret(const std::string& path, const ConfigSources& sources) {
  if (path.empty()) return absl::OkStatus();
  const absl::StatusOr<int> mode = sources.file_mode(path);
  // Reading it will tell why it cannot be read.
  if (!mode.ok() || (*mode & kReadableByOthers) == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path, " has a key in it, and everybody can read it: chmod o-rwx ", path));
}

absl::StatusOr<CliConfig> ReadConfigFile(const ConfigSources& sources) {
  CliConfig config;
  const std::string named = sources.variable("MAILSTROM_CONFIG");
  const std::string path = named.empty() ? DefaultPath(sources) : named;
  if (path.empty()) return config;
  if (named.empty() && absl::IsNotFound(sources.file_mode(path).status())) return config;
  ASSIGN_OR_RETURN(const std::string yaml, sources.read_file(path));
  const absl::Status parsed = ParseYaml(yaml, config);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", parsed.message()));
  }
  if (!config.api_key().empty()) RETURN_IF_ERROR(CheckSecret(path, sources));
  RETURN_IF_ERROR(CheckSecret(config.api_key_file(), sources));
  RETURN_IF_ERROR(CheckSecret(config.private_key_file(), sources));
  return config;
}

// The variable, or else what the file has.
void Set(const ConfigSources& sources, const std::string& variable, const std::string& configured,
         std::string& value) {
  const std::string set = sources.variable(variable);
  if (!set.empty()) {
    value = set;
  } else if (!configured.empty()) {
    value = configured;
  }
}

}  // namespace

absl::StatusOr<ConnectionDefaults> ReadDefaults(const ConfigSources& sources) {
  ASSIGN_OR_RETURN(CliConfig config, ReadConfigFile(sources));
  ConnectionDefaults defaults;
  Set(sources, "MAILSTROM_SERVER", config.server(), defaults.server);
  Set(sources, "MAILSTROM_CA_FILE", config.ca_file(), defaults.ca_file);
  Set(sources, "MAILSTROM_CERTIFICATE_FILE", config.certificate_file(), defaults.certificate_file);
  Set(sources, "MAILSTROM_PRIVATE_KEY_FILE", config.private_key_file(), defaults.private_key_file);
  Set(sources, "MAILSTROM_FROM", config.from(), defaults.from);
  // A variable with a key, of either kind, goes before both kinds of the file.
  if (!sources.variable("MAILSTROM_API_KEY").empty() ||
      !sources.variable("MAILSTROM_API_KEY_FILE").empty()) {
    config.clear_api_key();
    config.clear_api_key_file();
  }
  Set(sources, "MAILSTROM_API_KEY_FILE", config.api_key_file(), defaults.api_key_file);
  Set(sources, "MAILSTROM_API_KEY", config.api_key(), defaults.api_key);
  const std::string tls = sources.variable("MAILSTROM_TLS");
  if (!tls.empty() && tls != "true" && tls != "false") {
    return absl::InvalidArgumentError("$MAILSTROM_TLS is `true` or `false`");
  }
  defaults.tls = tls.empty() ? config.tls() : tls == "true";
  if (config.has_timeout()) {
    defaults.timeout = absl::FormatDuration(FromProto(config.timeout()));
  }
  Set(sources, "MAILSTROM_TIMEOUT", "", defaults.timeout);
  return defaults;
}

}  // namespace mailstrom::cli
