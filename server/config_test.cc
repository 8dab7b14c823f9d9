#include "server/config.h"

#include <string>

#include "base/yaml_proto.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailstrom::server {
namespace {

using ::testing::HasSubstr;

const ConfigContext kHost = {.system_host_name = "mail.example.com", .listen_address = ""};

std::string ErrorOf(const std::string& yaml) {
  return std::string(ParseConfig(yaml, kHost).status().message());
}

TEST(ConfigTest, TheShortestFileHasProductionDefaults) {
  const auto config = ParseConfig("store: {rocksdb: {path: /var/lib/mailstrom}}", kHost);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen_address(), "127.0.0.1:2626");
  EXPECT_EQ(config->host_name(), "mail.example.com");
  EXPECT_EQ(config->limits().max_queued_emails(), 10'000'000);
  EXPECT_EQ(config->limits().max_queued_bytes(), int64_t{100} << 30);
  EXPECT_EQ(config->delivery().destination_port(), 25);
  EXPECT_FALSE(config->delivery().allow_private_destinations());
  EXPECT_EQ(config->delivery().tls(), config::v1::TLS_MODE_OPPORTUNISTIC);
  EXPECT_EQ(config->delivery().retry().max_retries(), 3);
  EXPECT_EQ(config->delivery().retry().lifetime().seconds(), 5 * 86400);
  EXPECT_EQ(config->delivery().timeouts().data_end().seconds(), 600);
}

TEST(ConfigTest, WhatIsWrittenIsInForce) {
  const auto config = ParseConfig(R"(
listen_address: 127.0.0.1:0
host_name: mx.sender.test
store:
  memory: {}
dns:
  servers: ["127.0.0.1@5353", "::1"]
  timeout: 500ms
delivery:
  destination_port: 2525
  tls: TLS_MODE_REQUIRE
  retry:
    max_retries: 0
    initial_delay: 1m30s
    lifetime: 2d12h
)",
                                  kHost);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->store().kind_case(), config::v1::StoreConfig::kMemory);
  EXPECT_EQ(config->dns().servers_size(), 2);
  EXPECT_EQ(config->dns().timeout().nanos(), 500000000);
  EXPECT_EQ(config->delivery().tls(), config::v1::TLS_MODE_REQUIRE);
  EXPECT_EQ(config->delivery().retry().max_retries(), 0);
  EXPECT_EQ(config->delivery().retry().initial_delay().seconds(), 90);
  EXPECT_EQ(config->delivery().retry().lifetime().seconds(), 60 * 3600);
}

TEST(ConfigTest, EachErrorNamesItsPlace) {
  struct Case {
    const char* name;
    const char* yaml;
    const char* error;
  };
  const Case kCases[] = {
      {"unknown field", "store: {memory: {}}\ndelivery:\n  retrry: {}",
       "line 3: delivery.retrry: unknown field"},
      {"text for number", "store: {memory: {}}\ndelivery: {destination_port: smtp}",
       "line 2: delivery.destination_port: expected a whole number"},
      {"bad duration", "store: {memory: {}}\ndns: {timeout: 10}",
       "line 2: dns.timeout: \"10\" is not a duration"},
      {"negative duration", "store: {memory: {}}\ndns: {timeout: -1s}",
       "dns.timeout: \"-1s\" is not a duration"},
      {"bad enum", "store: {memory: {}}\ndelivery: {tls: always}",
       "delivery.tls: expected one of TLS_MODE_NONE"},
      {"bad bool", "store: {memory: {}}\nallow_insecure_listen: 1",
       "allow_insecure_listen: expected true or false"},
      {"twice", "store: {memory: {}}\nstore: {memory: {}}", "line 2: store: is there twice"},
      {"two stores", "store: {memory: {}, rocksdb: {path: /x}}", "store.rocksdb: excludes memory"},
      {"no store", "host_name: a.b", "store: is required"},
      {"no retention", "store: {rocksdb: {path: /x, retention: 0s}}", "store.rocksdb.retention"},
      {"backups too often",
       "store: {rocksdb: {path: /x, backup_directory: /y, backup_interval: 1s}}",
       "store.rocksdb.backup_interval: 1s is not between"},
      {"backups nowhere", "store: {rocksdb: {path: /x, backup_interval: 1h}}",
       "store.rocksdb.backup_directory: is required"},
      {"no backups kept", "store: {rocksdb: {path: /x, backups_kept: 0}}",
       "store.rocksdb.backups_kept"},
      {"no path", "store: {rocksdb: {}}", "store.rocksdb.path: is required"},
      {"metrics at a name", "store: {memory: {}}\nmetrics: {listen_address: 'localhost:9464'}",
       "metrics.listen_address: expected an IPv4 address and a port"},
      {"metrics without port", "store: {memory: {}}\nmetrics: {listen_address: '127.0.0.1'}",
       "metrics.listen_address"},
      {"metrics at IPv6 without brackets",
       "store: {memory: {}}\nmetrics: {listen_address: '::1:9464'}", "metrics.listen_address"},
      {"metrics over IPv6", "store: {memory: {}}\nmetrics: {listen_address: '[::1]:9464'}",
       "metrics.listen_address: is an IPv6 address"},
      {"scalar for message", "store: rocksdb", "line 1: store: expected fields"},
      {"scalar for list", "store: {memory: {}}\ndns: {servers: 127.0.0.1}",
       "dns.servers: expected a list"},
      {"not YAML", "store: {memory: {}", "line"},
      {"out of range", "store: {memory: {}}\ndelivery: {retry: {multiplier: 0.5}}",
       "delivery.retry.multiplier: 0.5 is not between 1 and 100"},
      {"not a number", "store: {memory: {}}\ndelivery: {retry: {multiplier: nan}}",
       "delivery.retry.multiplier"},
      {"open to others", "store: {memory: {}}\nlisten_address: 0.0.0.0:2626",
       "listen_address: other machines"},
      {"encrypted, but open",
       "store: {memory: {}}\nlisten_address: 0.0.0.0:2626\n"
       "tls: {certificate_file: /c, private_key_file: /k, client_ca_file: /a}",
       "listen_address: other machines"},
      {"keys in clear", "store: {memory: {}}\nlisten_address: 0.0.0.0:2626\naccess: {file: /a}",
       "listen_address: credentials and emails would cross the network in clear"},
      {"access by nothing", "store: {memory: {}}\naccess: {}", "access.file: is required"},
      {"certificate without key", "store: {memory: {}}\ntls: {certificate_file: /c}",
       "tls.private_key_file: is required"},
      {"key without certificate", "store: {memory: {}}\ntls: {private_key_file: /k}",
       "tls.certificate_file: is required"},
      {"certificates of whom",
       "store: {memory: {}}\n"
       "tls: {certificate_file: /c, private_key_file: /k, require_client_certificate: true}",
       "tls.client_ca_file: is required"},
      {"administration without port", "store: {memory: {}}\nadmin: {listen_address: '127.0.0.1'}",
       "admin.listen_address: expected host:port"},
      {"administration for others", "store: {memory: {}}\nadmin: {listen_address: '0.0.0.0:1'}",
       "admin.listen_address: other machines need tls and access"},
      {"short host name", "store: {memory: {}}\nhost_name: localhost",
       "host_name: \"localhost\" is not"},
      {"bad level", "store: {memory: {}}\nlog: {level: loud}", "log.level: expected debug"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(ErrorOf(c.yaml), HasSubstr(c.error));
  }
}

TEST(ConfigTest, TheCommandLineOverridesTheAddress) {
  const auto config =
      ParseConfig("store: {memory: {}}\nlisten_address: 127.0.0.1:1",
                  {.system_host_name = "mail.example.com", .listen_address = "[::1]:2"});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen_address(), "[::1]:2");
}

TEST(ConfigTest, OpenIsWhatOtherMachinesReachWithoutACertificate) {
  const std::string tls =
      "store: {memory: {}}\ntls: {certificate_file: /c, private_key_file: /k, client_ca_file: /a, "
      "require_client_certificate: true}\n";
  struct Case {
    std::string yaml;
    bool open;
  };
  const Case kCases[] = {
      {"store: {memory: {}}", false},
      {"store: {memory: {}}\nlisten_address: 10.0.0.1:1\nallow_insecure_listen: true", true},
      {tls + "listen_address: 10.0.0.1:1", false},
      {"store: {memory: {}}\nlisten_address: 10.0.0.1:1\naccess: {file: /a}\n"
       "tls: {certificate_file: /c, private_key_file: /k}",
       false},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.yaml);
    const auto config = ParseConfig(c.yaml, kHost);
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(IsOpen(*config), c.open);
  }
}

TEST(ConfigTest, AllErrorsAreToldAtOnce) {
  const std::string error =
      ErrorOf("store: {memory: {}}\nhost_name: x\ndelivery: {destination_port: 0}");
  EXPECT_THAT(error, HasSubstr("host_name"));
  EXPECT_THAT(error, HasSubstr("delivery.destination_port"));
}

TEST(ConfigTest, PrintedConfigurationReadsBackEqual) {
  const auto config = ParseConfig("store: {rocksdb: {path: /x}}\ndns: {servers: [\"::1\"]}", kHost);
  ASSERT_TRUE(config.ok());
  const auto again = ParseConfig(FormatYaml(*config), kHost);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), config->SerializeAsString());
}

}  // namespace
}  // namespace mailstrom::server
