#include "server/metrics/http_endpoint.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/log.h"
#include "civetweb.h"

namespace mailstrom::server {
namespace {

// Two that scrape and two that probe, at once.
constexpr char kThreads[] = "4";
constexpr char kRequestTimeoutMillis[] = "10000";
constexpr char kConnectionsWaiting[] = "16";

int LogTrouble(const mg_connection*, const char* message) {
  LogWarning("http endpoint", {{"message", message}});
  return 1;
}

int Serve(mg_connection* connection, void* page) {
  const absl::string_view method = mg_get_request_info(connection)->request_method;
  const bool is_head = method == "HEAD";
  HttpResponse response;
  if (method == "GET" || is_head) {
    response = (*static_cast<const HttpEndpoint::Page*>(page))();
  } else {
    response = {.status = 405, .body = "only GET and HEAD\n"};
  }
  const std::string length = absl::StrCat(response.body.size());
  mg_response_header_start(connection, response.status);
  mg_response_header_add(connection, "Content-Type", response.content_type.c_str(), -1);
  mg_response_header_add(connection, "Content-Length", length.c_str(), -1);
  mg_response_header_add(connection, "Cache-Control", "no-store", -1);
  mg_response_header_send(connection);
  if (!is_head) mg_write(connection, response.body.data(), response.body.size());
  return response.status;
}

}  // namespace

HttpEndpoint::HttpEndpoint(std::map<std::string, Page> pages) : pages_(std::move(pages)) {}

absl::StatusOr<std::unique_ptr<HttpEndpoint>> HttpEndpoint::Start(
    const std::string& address, std::map<std::string, Page> pages) {
  auto endpoint = std::unique_ptr<HttpEndpoint>(new HttpEndpoint(std::move(pages)));
  const char* options[] = {"listening_ports",
                           address.c_str(),
                           "num_threads",
                           kThreads,
                           "request_timeout_ms",
                           kRequestTimeoutMillis,
                           "connection_queue",
                           kConnectionsWaiting,
                           "enable_keep_alive",
                           "no",
                           nullptr};
  mg_callbacks callbacks = {};
  callbacks.log_message = LogTrouble;
  endpoint->server_ = mg_start(&callbacks, nullptr, options);
  mg_server_port port = {};
  if (endpoint->server_ == nullptr || mg_get_server_ports(endpoint->server_, 1, &port) != 1) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address));
  }
  for (const auto& [path, page] : endpoint->pages_) {
    // The dollar sign: nothing below the path.
    mg_set_request_handler(endpoint->server_, absl::StrCat(path, "$").c_str(), Serve,
                           const_cast<Page*>(&page));
  }
  endpoint->address_ =
      absl::StrCat(absl::string_view(address).substr(0, address.rfind(':')), ":", port.port);
  return endpoint;
}

HttpEndpoint::~HttpEndpoint() {
  if (server_ != nullptr) mg_stop(server_);
}

}  // namespace mailstrom::server
