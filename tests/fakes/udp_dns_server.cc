#include "tests/fakes/udp_dns_server.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "asio/buffer.hpp"
#include "asio/ip/address_v4.hpp"

namespace mailstrom::delivery {
namespace {

constexpr size_t kHeaderBytes = 12;
constexpr uint16_t kCname = 5;

void Append16(std::string& out, int value) {
  out += {static_cast<char>(value >> 8), static_cast<char>(value)};
}

// The question's name in text; `end` is set behind its wire form.
std::string QuestionName(const std::string& query, size_t& end) {
  std::string name;
  size_t at = kHeaderBytes;
  while (at < query.size() && query[at] != 0) {
    const size_t length = static_cast<unsigned char>(query[at]);
    absl::StrAppend(&name, name.empty() ? "" : ".", query.substr(at + 1, length));
    at += 1 + length;
  }
  end = at + 1;
  return absl::AsciiStrToLower(name);
}

}  // namespace

UdpDnsServer::UdpDnsServer(asio::io_context& io)
    : socket_(io, asio::ip::udp::endpoint(asio::ip::address_v4::loopback(), 0)) {
  Receive();
}

std::string UdpDnsServer::address() const {
  return absl::StrCat("127.0.0.1@", socket_.local_endpoint().port());
}

void UdpDnsServer::Add(const std::string& name, uint16_t type, std::string rdata,
                       absl::Duration ttl) {
  names_[name].push_back(
      {type, std::move(rdata), static_cast<uint32_t>(absl::ToInt64Seconds(ttl))});
}

int UdpDnsServer::query_count(const std::string& name, uint16_t type) const {
  const auto count = counts_.find({name, type});
  return count == counts_.end() ? 0 : count->second;
}

void UdpDnsServer::Receive() {
  socket_.async_receive_from(asio::buffer(buffer_), client_,
                             [this](asio::error_code error, size_t size) {
                               if (error) return;
                               const std::string answer = Answer(std::string(buffer_.data(), size));
                               asio::error_code ignored;
                               if (!answer.empty())
                                 socket_.send_to(asio::buffer(answer), client_, 0, ignored);
                               Receive();
                             });
}

std::string UdpDnsServer::Answer(const std::string& query) {
  if (query.size() < kHeaderBytes) return "";
  size_t end = 0;
  const std::string name = QuestionName(query, end);
  if (end + 4 > query.size()) return "";
  const auto type = static_cast<uint16_t>(static_cast<unsigned char>(query[end]) << 8 |
                                          static_cast<unsigned char>(query[end + 1]));
  ++counts_[{name, type}];
  const Behaviour behaviour = behaviours_[name];
  if (behaviour == Behaviour::kSilence) return "";
  const auto known = names_.find(name);
  const int rcode =
      behaviour == Behaviour::kServfail ? 2 : (known == names_.end() && !name.empty() ? 3 : 0);
  std::string records;
  int count = 0;
  if (rcode == 0 && known != names_.end()) {
    for (const Record& record : known->second) {
      if (record.type != type && record.type != kCname) continue;
      Append16(records, 0xc000 | kHeaderBytes);
      Append16(records, record.type);
      Append16(records, 1);
      Append16(records, record.ttl_seconds >> 16);
      Append16(records, record.ttl_seconds & 0xffff);
      Append16(records, record.rdata.size());
      records += record.rdata;
      ++count;
    }
  }
  std::string answer = query.substr(0, 2);
  // A response, recursion desired and available.
  Append16(answer, 0x8180 | rcode);
  for (const int section : {1, count, 0, 0}) Append16(answer, section);
  return answer + query.substr(kHeaderBytes, end + 4 - kHeaderBytes) + records;
}

}  // namespace mailstrom::delivery
