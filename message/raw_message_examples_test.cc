// The complete messages of RFC 5322 appendix A, as raw messages.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "base/random_source.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "message/message.h"

namespace mailstrom::message {
namespace {

class FixedRandom final : public RandomSource {
 public:
  uint64_t Next() override { return 1; }
};

Prepared Check(const char* raw) {
  FixedRandom random;
  return CheckRaw(raw, {absl::UnixEpoch(), "mx.example", &random});
}

TEST(RawMessageExamplesTest, PassAsTheyAre) {
  struct Case {
    const char* section;
    const char* message;
    const char* reverse_path;
    std::vector<std::string> forward_paths;
    const char* message_id;
  };
  const Case cases[] = {
      {"A.1.1",
       "From: John Doe <jdoe@machine.example>\n"
       "Sender: Michael Jones <mjones@machine.example>\n"
       "To: Mary Smith <mary@example.net>\n"
       "Subject: Saying Hello\n"
       "Date: Fri, 21 Nov 1997 09:55:06 -0600\n"
       "Message-ID: <1234@local.machine.example>\n"
       "\n"
       "This is a message just to say hello.\n"
       "So, \"Hello\".\n",
       "mjones@machine.example",
       {"mary@example.net"},
       "1234@local.machine.example"},
      {"A.1.2",
       "From: \"Joe Q. Public\" <john.q.public@example.com>\n"
       "To: Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>\n"
       "Cc: <boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>\n"
       "Date: Tue, 1 Jul 2003 10:52:37 +0200\n"
       "Message-ID: <5678.21-Nov-1997@example.com>\n"
       "\n"
       "Hi everyone.\n",
       "john.q.public@example.com",
       {"mary@x.test", "jdoe@example.org", "one@y.test", "boss@nil.test",
        "sysservices@example.net"},
       "5678.21-Nov-1997@example.com"},
      {"A.1.3",
       "From: Pete <pete@silly.example>\n"
       "To: A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;\n"
       "Cc: Undisclosed recipients:;\n"
       "Date: Thu, 13 Feb 1969 23:32:54 -0330\n"
       "Message-ID: <testabcd.1234@silly.example>\n"
       "\n"
       "Testing.\n",
       "pete@silly.example",
       {"c@a.test", "joe@where.test", "jdoe@one.test"},
       "testabcd.1234@silly.example"},
      {"A.2",
       "To: \"Mary Smith: Personal Account\" <smith@home.example>\n"
       "From: John Doe <jdoe@machine.example>\n"
       "Subject: Re: Saying Hello\n"
       "Date: Fri, 21 Nov 1997 11:00:00 -0600\n"
       "Message-ID: <abcd.1234@local.machine.test>\n"
       "In-Reply-To: <3456@example.net>\n"
       "References: <1234@local.machine.example> <3456@example.net>\n"
       "\n"
       "This is a reply to your reply.\n",
       "jdoe@machine.example",
       {"smith@home.example"},
       "abcd.1234@local.machine.test"},
      {"A.3 and A.4",
       "Received: from x.y.test\n"
       "   by example.net\n"
       "   via TCP\n"
       "   with ESMTP\n"
       "   id ABC12345\n"
       "   for <mary@example.net>;  21 Nov 1997 10:05:43 -0600\n"
       "Resent-From: Mary Smith <mary@example.net>\n"
       "Resent-To: Jane Brown <j-brown@other.example>\n"
       "Resent-Date: Mon, 24 Nov 1997 14:22:01 -0800\n"
       "Resent-Message-ID: <78910@example.net>\n"
       "From: John Doe <jdoe@machine.example>\n"
       "To: Mary Smith <mary@example.net>\n"
       "Subject: Saying Hello\n"
       "Date: Fri, 21 Nov 1997 09:55:06 -0600\n"
       "Message-ID: <1234@local.machine.example>\n"
       "\n"
       "This is a message just to say hello.\n",
       "jdoe@machine.example",
       {"mary@example.net"},
       "1234@local.machine.example"},
      {"A.5",
       "From: Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>\n"
       "To:A Group(Some people)\n"
       "     :Chris Jones <c@(Chris's host.)public.example>,\n"
       "         joe@example.org,\n"
       "  John <jdoe@one.test> (my dear friend); (the end of the group)\n"
       "Cc:(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;\n"
       "Date: Thu,\n"
       "      13\n"
       "        Feb\n"
       "          1969\n"
       "      23:32\n"
       "               -0330 (Newfoundland Time)\n"
       "Message-ID:              <testabcd.1234@silly.test>\n"
       "\n"
       "Testing.\n",
       "pete@silly.test",
       {"c@public.example", "joe@example.org", "jdoe@one.test"},
       "testabcd.1234@silly.test"},
      {"A.6.1",
       "From: Joe Q. Public <john.q.public@example.com>\n"
       "To: Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example\n"
       "Date: Tue, 1 Jul 2003 10:52:37 +0200\n"
       "Message-ID: <5678.21-Nov-1997@example.com>\n"
       "\n"
       "Hi everyone.\n",
       "john.q.public@example.com",
       {"mary@example.net", "jdoe@test.example"},
       "5678.21-Nov-1997@example.com"},
      {"A.6.2",
       "From: John Doe <jdoe@machine.example>\n"
       "To: Mary Smith <mary@example.net>\n"
       "Subject: Saying Hello\n"
       "Date: 21 Nov 97 09:55:06 GMT\n"
       "Message-ID: <1234@local.machine.example>\n"
       "\n"
       "This is a message just to say hello.\n",
       "jdoe@machine.example",
       {"mary@example.net"},
       "1234@local.machine.example"},
  };
  for (const Case& c : cases) {
    const Prepared prepared = Check(c.message);
    for (const Violation& violation : prepared.violations) {
      ADD_FAILURE() << c.section << " " << violation.field << ": " << violation.description;
    }
    EXPECT_EQ(prepared.message.bytes, absl::StrReplaceAll(c.message, {{"\n", "\r\n"}}))
        << c.section;
    EXPECT_EQ(prepared.envelope.reverse_path, c.reverse_path) << c.section;
    EXPECT_EQ(prepared.envelope.forward_paths, c.forward_paths) << c.section;
    EXPECT_EQ(prepared.message.message_id, c.message_id) << c.section;
  }
}

// Nobody may generate white space before a colon, nor a line of nothing but white space (§4.5 and
// §3.2.2), and an identifier in pieces has no certain meaning.
TEST(RawMessageExamplesTest, RefusesObsoleteWhiteSpace) {
  const Prepared prepared = Check(
      "From  : John Doe <jdoe@machine(comment).  example>\n"
      "To    : Mary Smith\n"
      "  \n"
      "          <mary@example.net>\n"
      "Subject     : Saying Hello\n"
      "Date  : Fri, 21 Nov 1997 09(comment):   55  :  06 -0600\n"
      "Message-ID  : <1234   @   local(blah)  .machine .example>\n"
      "\n"
      "This is a message just to say hello.\n");
  std::vector<std::string> lines;
  for (const Violation& violation : prepared.violations) lines.push_back(violation.field);
  EXPECT_THAT(lines, testing::ElementsAre("line 1", "line 2", "line 3", "line 5", "line 6",
                                          "line 7", "line 7"));
}

}  // namespace
}  // namespace mailstrom::message
