#include "clients/cli/connection.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace mailstrom::cli {
namespace {

// Leaves `text` as it is when there is no file to read.
absl::Status ReadInto(const std::string& file, const FileReader& read_file, std::string& text) {
  if (file.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(text, read_file(file));
  return text.empty() ? absl::InvalidArgumentError(absl::StrCat(file, " is empty"))
                      : absl::OkStatus();
}

}  // namespace

absl::StatusOr<Connection> ReadConnection(const Arguments& arguments,
                                          const ConnectionDefaults& defaults,
                                          const FileReader& read_file) {
  Connection connection;
  connection.server = arguments.Get("server", defaults.server);
  const std::string ca_file = arguments.Get("ca-file", defaults.ca_file);
  // The two go together, wherever they come from.
  const bool own_certificate =
      arguments.Has("certificate-file") || arguments.Has("private-key-file");
  const std::string certificate_file =
      arguments.Get("certificate-file", own_certificate ? "" : defaults.certificate_file);
  const std::string private_key_file =
      arguments.Get("private-key-file", own_certificate ? "" : defaults.private_key_file);
  if (certificate_file.empty() != private_key_file.empty()) {
    return absl::InvalidArgumentError("--certificate-file and --private-key-file go together");
  }
  connection.tls =
      defaults.tls || arguments.Has("tls") || !ca_file.empty() || !certificate_file.empty();
  RETURN_IF_ERROR(ReadInto(ca_file, read_file, connection.root_certificates));
  RETURN_IF_ERROR(ReadInto(certificate_file, read_file, connection.certificates));
  RETURN_IF_ERROR(ReadInto(private_key_file, read_file, connection.private_key));
  connection.api_key = defaults.api_key;
  RETURN_IF_ERROR(ReadInto(arguments.Get("api-key-file", defaults.api_key_file), read_file,
                           connection.api_key));
  absl::StripAsciiWhitespace(&connection.api_key);
  if (!connection.api_key.empty() && !connection.tls) {
    return absl::InvalidArgumentError("an API key goes over TLS only: give --tls or --ca-file");
  }
  const std::string timeout = arguments.Get("timeout", defaults.timeout);
  if (!timeout.empty() || arguments.Has("timeout")) {
    absl::Duration duration;
    if (!absl::ParseDuration(timeout, &duration) || duration <= absl::ZeroDuration()) {
      return absl::InvalidArgumentError("--timeout is no duration such as 90s or 5m");
    }
    connection.timeout = duration;
  }
  connection.from = defaults.from;
  return connection;
}

client::Client::Options ClientOptions(const Connection& connection) {
  client::Client::Options options;
  options.server = connection.server;
  // Someone waits at the terminal, and may repeat the command.
  options.retry = false;
  if (connection.timeout.has_value()) options.call_timeout = *connection.timeout;
  if (connection.tls) {
    options.credentials = client::TlsCredentials(connection.root_certificates, connection.api_key,
                                                 connection.certificates, connection.private_key);
  }
  return options;
}

}  // namespace mailstrom::cli
