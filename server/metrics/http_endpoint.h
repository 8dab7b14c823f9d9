#ifndef MAILSTROM_SERVER_METRICS_HTTP_ENDPOINT_H_
#define MAILSTROM_SERVER_METRICS_HTTP_ENDPOINT_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

struct mg_context;

namespace mailstrom::server {

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// Serves a few pages over HTTP to whoever watches the server, on threads of its own. A request is
// bounded in size and time, and so are connections that wait.
class HttpEndpoint {
 public:
  // Makes a page anew for each request; may block. Called on several threads at once.
  using Page = std::function<HttpResponse()>;

  // `address`: `ADDRESS:PORT`, of IPv4; port 0 takes a free one. `pages` by
  // their paths, such as `/healthz`; all else is 404, and methods but GET and HEAD are 405.
  // Unavailable: the address cannot be had.
  static absl::StatusOr<std::unique_ptr<HttpEndpoint>> Start(const std::string& address,
                                                             std::map<std::string, Page> pages);
  // Waits for requests under way.
  ~HttpEndpoint();
  HttpEndpoint(const HttpEndpoint&) = delete;
  HttpEndpoint& operator=(const HttpEndpoint&) = delete;

  // Where it listens, with the real port.
  const std::string& address() const { return address_; }

 private:
  explicit HttpEndpoint(std::map<std::string, Page> pages);

  const std::map<std::string, Page> pages_;
  std::string address_;
  mg_context* server_ = nullptr;
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_METRICS_HTTP_ENDPOINT_H_
