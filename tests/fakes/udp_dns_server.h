#ifndef MAILSTROM_TESTS_FAKES_UDP_DNS_SERVER_H_
#define MAILSTROM_TESTS_FAKES_UDP_DNS_SERVER_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "asio/io_context.hpp"
#include "asio/ip/udp.hpp"

namespace mailstrom::delivery {

// A small DNS server on 127.0.0.1, for what a resolver library does with real packets. Runs on the
// io_context's thread.
class UdpDnsServer {
 public:
  enum class Behaviour { kAnswer, kServfail, kSilence };

  explicit UdpDnsServer(asio::io_context& io);

  // `127.0.0.1@port`.
  std::string address() const;

  // Names in lower case without final dot; a name of which nothing was said gives NXDOMAIN.
  // `type` as in RFC 1035, `rdata` in wire format, `ttl` whole seconds.
  void Add(const std::string& name, uint16_t type, std::string rdata,
           absl::Duration ttl = absl::Minutes(5));
  void Set(const std::string& name, Behaviour behaviour) { behaviours_[name] = behaviour; }

  int query_count(const std::string& name, uint16_t type) const;

 private:
  struct Record {
    uint16_t type;
    std::string rdata;
    uint32_t ttl_seconds;
  };

  void Receive();
  // The packet to send back; empty: none.
  std::string Answer(const std::string& query);

  asio::ip::udp::socket socket_;
  asio::ip::udp::endpoint client_;
  std::array<char, 4096> buffer_;
  std::map<std::string, std::vector<Record>> names_;
  std::map<std::string, Behaviour> behaviours_;
  std::map<std::pair<std::string, uint16_t>, int> counts_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_TESTS_FAKES_UDP_DNS_SERVER_H_
