#include "message/address_list.h"

#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mailstrom::message {
namespace {

// Addresses as one readable line: `[name] <address>`, groups as `name: {…}`.
std::string Describe(const Mailbox& mailbox) {
  return absl::StrCat("[", mailbox.display_name, "] <", mailbox.address, ">");
}

std::string Describe(const Address& address) {
  if (const auto* mailbox = std::get_if<Mailbox>(&address)) return Describe(*mailbox);
  const auto& group = std::get<Group>(address);
  std::string text = absl::StrCat(group.display_name, ": {");
  for (const Mailbox& member : group.members) absl::StrAppend(&text, Describe(member));
  return absl::StrCat(text, "}");
}

std::string ParseAndDescribe(absl::string_view text) {
  const absl::StatusOr<std::vector<Address>> addresses = ParseAddressList(text);
  if (!addresses.ok()) return std::string(addresses.status().message());
  std::string described;
  for (const Address& address : *addresses) absl::StrAppend(&described, Describe(address));
  return described;
}

struct Case {
  const char* name;
  const char* in;
  const char* want;
};

void ExpectAll(const std::vector<Case>& cases) {
  for (const Case& c : cases) EXPECT_EQ(ParseAndDescribe(c.in), c.want) << c.name;
}

TEST(AddressListTest, ReadsTheExamplesOfRfc5322) {
  ExpectAll({
      {"A.1.1 From", "John Doe <jdoe@machine.example>", "[John Doe] <jdoe@machine.example>"},
      {"A.1.1 Sender", "Michael Jones <mjones@machine.example>",
       "[Michael Jones] <mjones@machine.example>"},
      {"A.1.1 To", "Mary Smith <mary@example.net>", "[Mary Smith] <mary@example.net>"},
      {"A.1.2 From", "\"Joe Q. Public\" <john.q.public@example.com>",
       "[Joe Q. Public] <john.q.public@example.com>"},
      {"A.1.2 To", "Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
       "[Mary Smith] <mary@x.test>[] <jdoe@example.org>[Who?] <one@y.test>"},
      {"A.1.2 Cc", "<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
       "[] <boss@nil.test>[Giant; \"Big\" Box] <sysservices@example.net>"},
      {"A.1.3 From", "Pete <pete@silly.example>", "[Pete] <pete@silly.example>"},
      {"A.1.3 To", "A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
       "A Group: {[Ed Jones] <c@a.test>[] <joe@where.test>[John] <jdoe@one.test>}"},
      {"A.1.3 Cc", "Undisclosed recipients:;", "Undisclosed recipients: {}"},
      {"A.2 Reply-To", "\"Mary Smith: Personal Account\" <smith@home.example>",
       "[Mary Smith: Personal Account] <smith@home.example>"},
      {"A.4 Resent-To", "Jane Brown <j-brown@other.example>",
       "[Jane Brown] <j-brown@other.example>"},
      {"A.5 From", "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
       "[Pete] <pete@silly.test>"},
      {"A.5 To",
       "A Group(Some people)\r\n"
       "     :Chris Jones <c@(Chris's host.)public.example>,\r\n"
       "         joe@example.org,\r\n"
       "  John <jdoe@one.test> (my dear friend); (the end of the group)",
       "A Group: {[Chris Jones] <c@public.example>[] <joe@example.org>[John] <jdoe@one.test>}"},
      {"A.5 Cc", "(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;",
       "Hidden recipients: {}"},
      {"A.6.1 From", "Joe Q. Public <john.q.public@example.com>",
       "[Joe Q. Public] <john.q.public@example.com>"},
      {"A.6.1 To", "Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
       "[Mary Smith] <mary@example.net>[] <jdoe@test.example>"},
      {"A.6.3 From", "John Doe <jdoe@machine(comment).  example>",
       "[John Doe] <jdoe@machine.example>"},
      {"A.6.3 To", "Mary Smith\r\n  \r\n          <mary@example.net>",
       "[Mary Smith] <mary@example.net>"},
  });
}

TEST(AddressListTest, ReadsTheExamplesOfRfc6854) {
  ExpectAll({
      {"4 From, nobody", "Nightly Monitor Robot:;", "Nightly Monitor Robot: {}"},
      {"4 From, several", "ben@example.com,carol@example.com",
       "[] <ben@example.com>[] <carol@example.com>"},
      {"4 Sender", "dave@example.com", "[] <dave@example.com>"},
      {"4 From, a group", "Managing Partners:ben@example.com,carol@example.com;",
       "Managing Partners: {[] <ben@example.com>[] <carol@example.com>}"},
      {"a group beside a mailbox", "Nightly Monitor Robot:;, ops@example.com",
       "Nightly Monitor Robot: {}[] <ops@example.com>"},
  });
}

TEST(AddressListTest, ReadsUtf8AsInRfc6532) {
  ExpectAll({
      {"3.2 atoms", "Jøran Øygårdvær <jøran@blåbærsyltetøy.example>",
       "[Jøran Øygårdvær] <jøran@xn--blbrsyltety-y8ao3x.example>"},
      {"3.2 quoted", "\"Ø, å\" <\"j ø\"@example.com>", "[Ø, å] <\"j ø\"@example.com>"},
      {"3.2 comment", "(blåbær) a@example.com", "[] <a@example.com>"},
      {"3.2 group", "Gruppe für alle: a@example.com;", "Gruppe für alle: {[] <a@example.com>}"},
      {"3.1 overlong", "\xc0\xaf <a@example.com>", "not valid UTF-8 (RFC 6532 §3.1)"},
  });
}

TEST(AddressListTest, DecodesNames) {
  ExpectAll({
      {"2047 8, From", "=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>",
       "[Keith Moore] <moore@cs.utk.edu>"},
      {"2047 8, To", "=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>",
       "[Keld Jørn Simonsen] <keld@dkuug.dk>"},
      {"2047 8, Cc", "=?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.ac.be>",
       "[André Pirard] <PIRARD@vm1.ulg.ac.be>"},
      {"two words", "=?utf-8?q?a?= =?utf-8?b?Yg==?= <x@y.example>", "[ab] <x@y.example>"},
      {"two words, folded", "=?utf-8?q?a?=\r\n =?utf-8?q?b?= <x@y.example>", "[ab] <x@y.example>"},
      {"a character in two words", "=?utf-8?q?=C3?= =?utf-8?q?=BC?= <x@y.example>",
       "[ü] <x@y.example>"},
      {"with a dot", "=?utf-8?q?J._Doe?= <x@y.example>", "[J. Doe] <x@y.example>"},
      {"in quotes it is text", "\"=?utf-8?q?a?=\" <x@y.example>", "[=?utf-8?q?a?=] <x@y.example>"},
      {"unknown charset", "=?x-none?q?a?= =?x-none?q?b?= <x@y.example>",
       "[=?x-none?q?a?= =?x-none?q?b?=] <x@y.example>"},
      {"not at its end", "=?utf-8?q?a?=b <x@y.example>", "[=?utf-8?q?a?=b] <x@y.example>"},
      {"specials stay specials", "=?utf-8?q?a,b?= <x@y.example>",
       "at octet 12: `@`, `<` or `:` must follow (RFC 5322 §3.4)"},
  });
}

TEST(AddressListTest, KeepsNamesWhole) {
  ExpectAll({
      {"pieces", "A \"B  C\" D <x@y.example>", "[A B  C D] <x@y.example>"},
      {"comment between", "A (b) C <x@y.example>", "[A C] <x@y.example>"},
      {"no space between", "\"A\"\"B\" <x@y.example>", "[AB] <x@y.example>"},
      {"dots", "J . R. Tolkien <x@y.example>", "[J . R. Tolkien] <x@y.example>"},
  });
}

TEST(AddressListTest, SaysWhereItFails) {
  ExpectAll({
      {"empty", "", "at octet 1: there is no address (RFC 5322 §3.4)"},
      {"only a comment", "(x)", "at octet 4: there is no address (RFC 5322 §3.4)"},
      {"open group", "G: a@b.example",
       "at octet 15: a comma or a semicolon must follow a group's "
       "member (RFC 5322 §3.4)"},
      {"open empty group", "G:", "at octet 3: a group ends in a semicolon (RFC 5322 §3.4)"},
      {"nested group", "G: H: a@b.example;;",
       "at octet 5: a group cannot hold a group (RFC 5322 §3.4)"},
      {"group without name", ":;",
       "at octet 1: not allowed at the beginning of an address (RFC 5322 §3.4)"},
      {"two semicolons", "G:;;", "at octet 4: a comma must separate two addresses (RFC 5322 §3.4)"},
      {"open comment", "a@b.example (x", "at octet 13: the comment does not end (RFC 5322 §3.2.2)"},
      {"open quote", "\"a <a@b.example>",
       "at octet 1: the quoted string does not end (RFC 5322 §3.2.4)"},
  });
}

}  // namespace
}  // namespace mailstrom::message
