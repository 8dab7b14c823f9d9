#include "clients/cli/connection.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/cli/command_table.h"

namespace mailstrom::cli {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  static const auto* const kFiles =
      new std::map<std::string, std::string>{{"ca.pem", "authorities"},
                                             {"me.pem", "certificate"},
                                             {"me.key", "private key"},
                                             {"api", "  file-key\n"},
                                             {"empty", ""}};
  const auto found = kFiles->find(path);
  if (found == kFiles->end()) return absl::InvalidArgumentError(absl::StrCat("no ", path));
  return found->second;
}

absl::StatusOr<Connection> Understand(const std::vector<std::string>& words,
                                      const ConnectionDefaults& defaults = {}) {
  const std::vector<Option> options = AllOptions(*FindCommand("list"));
  return ReadConnection(ParseArguments(options, words).value(), defaults, ReadFile);
}

TEST(ConnectionTest, IsInClearToThisHostUnlessToldOtherwise) {
  const auto options = Understand({});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->server, "127.0.0.1:2626");
  EXPECT_FALSE(options->tls);
  EXPECT_EQ(options->api_key, "");
}

TEST(ConnectionTest, FilesAreRead) {
  const auto options =
      Understand({"--server=mail.test:1", "--ca-file=ca.pem", "--certificate-file=me.pem",
                  "--private-key-file=me.key", "--api-key-file=api"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->server, "mail.test:1");
  EXPECT_TRUE(options->tls);
  EXPECT_EQ(options->root_certificates, "authorities");
  EXPECT_EQ(options->certificates, "certificate");
  EXPECT_EQ(options->private_key, "private key");
  EXPECT_EQ(options->api_key, "file-key");
}

TEST(ConnectionTest, WithoutAFileTheSystemsAuthoritiesCount) {
  const auto options = Understand({"--tls"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_TRUE(options->tls);
  EXPECT_EQ(options->root_certificates, "");
}

TEST(ConnectionTest, OptionsGoBeforeDefaults) {
  const ConnectionDefaults defaults = {.server = "default.test:1",
                                       .ca_file = "ca.pem",
                                       .api_key_file = "missing",
                                       .api_key = "environment-key"};
  const auto options = Understand({"--api-key-file=api"}, defaults);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->server, "default.test:1");
  EXPECT_TRUE(options->tls);
  EXPECT_EQ(options->root_certificates, "authorities");
  EXPECT_EQ(options->api_key, "file-key");
  EXPECT_EQ(Understand({"--tls"}, {.api_key = "environment-key"})->api_key, "environment-key");
}

TEST(ConnectionTest, DefaultsCanSayEverything) {
  const auto options = Understand({}, {.certificate_file = "me.pem",
                                       .private_key_file = "me.key",
                                       .tls = true,
                                       .timeout = "90s",
                                       .from = "ann@a.test"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_TRUE(options->tls);
  EXPECT_EQ(options->certificates, "certificate");
  EXPECT_EQ(options->private_key, "private key");
  EXPECT_EQ(options->timeout, absl::Seconds(90));
  EXPECT_EQ(options->from, "ann@a.test");
  EXPECT_EQ(Understand({"--timeout=5s"}, {.timeout = "90s"})->timeout, absl::Seconds(5));
  EXPECT_FALSE(Understand({}, {.timeout = "soon"}).ok());
}

TEST(ConnectionTest, TheClientEncryptsWhenToldTo) {
  EXPECT_EQ(ClientOptions({.server = "mail.test:1"}).credentials, nullptr);
  const client::Client::Options options = ClientOptions({.server = "mail.test:1", .tls = true});
  EXPECT_EQ(options.server, "mail.test:1");
  EXPECT_NE(options.credentials, nullptr);
  EXPECT_FALSE(options.retry);
}

TEST(ConnectionTest, WhatIsMissingIsNamed) {
  struct Case {
    std::vector<std::string> words;
    std::string error;
  };
  const Case kCases[] = {
      {{"--ca-file=none"}, "no none"},
      {{"--api-key-file=empty"}, "empty is empty"},
      {{"--api-key-file=api"}, "an API key goes over TLS only: give --tls or --ca-file"},
      {{"--certificate-file=me.pem"}, "--certificate-file and --private-key-file go together"},
      {{"--private-key-file=me.key"}, "--certificate-file and --private-key-file go together"},
  };
  for (const Case& c : kCases) EXPECT_EQ(Understand(c.words).status().message(), c.error);
}

}  // namespace
}  // namespace mailstrom::cli
