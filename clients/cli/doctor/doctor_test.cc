#include "clients/cli/doctor/doctor.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/doctor/report.h"
#include "message/dkim_key.h"
#include "message/dkim_record.h"
#include "tests/fakes/deterministic_random.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_connector.h"
#include "tests/fakes/fake_dns_client.h"
#include "tests/fakes/fake_loop.h"
#include "tests/fakes/scripted_peer.h"

namespace mailstrom::cli {
namespace {

constexpr char kSts[] = "version: STSv1\nmode: enforce\nmx: *.a.test\nmax_age: 604800\n";

// A domain of which there is nothing to say against, and what makes it so.
class DoctorTest : public testing::Test {
 protected:
  DoctorTest() : key_(SharedKey()) {
    dns_.AddTxt("a.test", "something else");
    dns_.AddTxt("a.test", "v=spf1 ip4:192.0.2.1 -all");
    dns_.AddTxt("s1._domainkey.a.test", message::DkimRecord(key_));
    dns_.AddTxt("_dmarc.a.test", "v=DMARC1; p=reject; rua=mailto:d@a.test");
    dns_.AddAddress("mail.a.test", "192.0.2.1");
    dns_.AddPtr("1.2.0.192.in-addr.arpa", "mail.a.test");
    dns_.AddMx("a.test", 10, "mx.a.test");
    dns_.AddAddress("mx.a.test", "192.0.2.2");
    dns_.AddTxt("_mta-sts.a.test", "v=STSv1; id=1");
    dns_.AddAddress("mta-sts.a.test", "192.0.2.3");
    examination_.domain = "a.test";
    examination_.selectors = {"s1"};
    examination_.helo = "mail.a.test";
    examination_.addresses = {"192.0.2.1"};
    examination_.blocklists = {"list.test"};
  }

  // Making one takes a second.
  static message::DkimKey SharedKey() {
    static const auto* const kKey = new message::DkimKey(*message::DkimKey::GenerateRsa(2048));
    return *kKey;
  }

  // Hosts that offer STARTTLS with a good certificate, and serve `policy`.
  void AddHosts(const std::string& policy = kSts) {
    connector_.AddScript("192.0.2.2")
        .Greet("mail.a.test", {"STARTTLS"})
        .Expect("STARTTLS")
        .Reply("220 go")
        .StartTls()
        .Hello("mail.a.test")
        .Expect("QUIT")
        .Reply("221 bye");
    AddPolicyHost(policy);
  }
  void AddPolicyHost(const std::string& policy) {
    connector_.AddScript("192.0.2.3")
        .StartTls()
        .Expect("GET /.well-known/mta-sts.txt HTTP/1.1")
        .Expect("Host: mta-sts.a.test")
        .Expect("User-Agent: Mailstrom")
        .Expect("Accept: text/plain")
        .Expect("Connection: close")
        .Expect("")
        .Reply(absl::StrCat("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ",
                            policy.size(), "\r\n\r\n", policy));
  }

  Findings Run() {
    const MxCheckParts parts = {
        dns_, connector_, clock_, random_, delivery::DestinationFilter(true), "mail.a.test"};
    return *loop_.Run(Examine(parts, examination_));
  }

  // The only finding of that check that is not well; one without a check when all are.
  Finding Complaint(const std::string& check) {
    Finding complaint;
    for (const Finding& finding : Run()) {
      if (finding.check != check || finding.verdict == Verdict::kOk) continue;
      EXPECT_EQ(complaint.check, "") << "another: " << complaint.problem;
      complaint = finding;
    }
    return complaint;
  }

  FakeClock clock_;
  FakeLoop loop_{clock_};
  delivery::FakeDnsClient dns_{clock_};
  delivery::FakeConnector connector_{clock_};
  DeterministicRandom random_{1};
  message::DkimKey key_;
  Examination examination_;
};

TEST_F(DoctorTest, AllIsWell) {
  AddHosts();
  const Findings findings = Run();
  std::vector<std::string> checks;
  for (const Finding& finding : findings) {
    EXPECT_EQ(finding.verdict, Verdict::kOk) << finding.check << ": " << finding.problem;
    EXPECT_NE(finding.found, "") << finding.check;
    checks.push_back(finding.check);
  }
  EXPECT_EQ(checks, (std::vector<std::string>{"SPF", "SPF", "DKIM", "DMARC", "HELO", "PTR", "DNSBL",
                                              "MX", "TLS", "MTA-STS"}));
  EXPECT_EQ(ExitCodeForFindings(findings), ExitCode::kOk);
  EXPECT_EQ(connector_.ScriptErrors(), "");
}

TEST_F(DoctorTest, SpfRecordToPublish) {
  dns_.Remove("a.test");
  dns_.AddMx("a.test", 10, "mx.a.test");
  const Finding none = Complaint("SPF");
  EXPECT_EQ(none.verdict, Verdict::kWrong);
  EXPECT_EQ(none.fix, "a.test. IN TXT \"v=spf1 ip4:192.0.2.1 -all\"");
  dns_.AddTxt("a.test", "v=spf1 ip4:192.0.2.7 -all");
  const Finding another = Complaint("SPF");
  EXPECT_EQ(another.subject, "192.0.2.1");
  EXPECT_EQ(another.fix, "a.test. IN TXT \"v=spf1 ip4:192.0.2.1 ip4:192.0.2.7 -all\"");
}

TEST_F(DoctorTest, SpfThatHelpsNobody) {
  const struct {
    std::string record;
    Verdict verdict;
    std::string problem;
  } kCases[] = {
      {"v=spf1 +all", Verdict::kWrong, "every host on the Internet"},
      {"v=spf1 ip4:192.0.2.1", Verdict::kAdvice, "does not say what to do with other hosts"},
      {"v=spf1 ipv4:192.0.2.1 -all", Verdict::kWrong, "`ipv4:192.0.2.1` is no term of SPF"},
  };
  for (const auto& test : kCases) {
    dns_.Remove("a.test");
    dns_.AddMx("a.test", 10, "mx.a.test");
    dns_.AddTxt("a.test", test.record);
    const Finding finding = Complaint("SPF");
    EXPECT_EQ(finding.verdict, test.verdict) << test.record;
    EXPECT_TRUE(absl::StrContains(finding.problem, test.problem)) << finding.problem;
    EXPECT_NE(finding.fix, "");
  }
}

TEST_F(DoctorTest, DkimRecords) {
  const std::string name = "s1._domainkey.a.test";
  const auto complaint = [&](const std::string& record) {
    dns_.Remove(name);
    if (!record.empty()) dns_.AddTxt(name, record);
    return Complaint("DKIM");
  };
  const std::string short_key =
      absl::Base64Escape(message::DkimKey::GenerateRsa(1024)->PublicKey());
  const struct {
    std::string record;
    Verdict verdict;
    std::string problem;
  } kCases[] = {
      {"", Verdict::kWrong, "there is no TXT record"},
      {"v=DKIM1; p=", Verdict::kWrong, "revoked"},
      {"v=DKIM1; k=rsa; p=!", Verdict::kWrong, "not base64"},
      {"v=DKIM1; k=rsa; p=aaaa", Verdict::kWrong, "no RSA key"},
      {"v=DKIM1; k=ed25519; p=aaaa", Verdict::kWrong, "no Ed25519 key"},
      {"p=aaaa; v=DKIM1", Verdict::kWrong, "must come first"},
      {"v=DKIM1 p", Verdict::kWrong, "DKIM1"},
      {"v=DKIM1; p=" + short_key, Verdict::kAdvice, "1024 bits is short"},
      {message::DkimRecord(key_) + "; t=y", Verdict::kAdvice, "t=y"},
  };
  for (const auto& test : kCases) {
    const Finding finding = complaint(test.record);
    EXPECT_EQ(finding.verdict, test.verdict) << test.record;
    EXPECT_TRUE(absl::StrContains(finding.problem, test.problem)) << finding.problem;
    EXPECT_NE(finding.fix, "") << test.record;
  }
  EXPECT_EQ(complaint(message::DkimRecord(message::DkimKey::GenerateEd25519())).check, "");

  // With the key in hand it is compared, and the record to publish is known.
  examination_.dkim_key = key_;
  const Finding other = complaint(message::DkimRecord(message::DkimKey::GenerateEd25519()));
  EXPECT_EQ(other.verdict, Verdict::kWrong);
  EXPECT_EQ(other.fix, message::DkimZoneLine("a.test", "s1", key_));
  EXPECT_EQ(complaint(message::DkimRecord(key_)).check, "");
}

TEST_F(DoctorTest, DmarcRecords) {
  const auto complaint = [&](const std::string& record) {
    dns_.Remove("_dmarc.a.test");
    if (!record.empty()) dns_.AddTxt("_dmarc.a.test", record);
    return Complaint("DMARC");
  };
  const Finding none = complaint("");
  EXPECT_EQ(none.verdict, Verdict::kWrong);
  EXPECT_EQ(none.fix, "_dmarc.a.test. IN TXT \"v=DMARC1; p=none; rua=mailto:postmaster@a.test\"");
  EXPECT_EQ(complaint("v=DMARC1; p=none; rua=mailto:d@a.test").verdict, Verdict::kAdvice);
  EXPECT_EQ(complaint("v=DMARC1; p=reject").verdict, Verdict::kAdvice);
  EXPECT_EQ(complaint("v=DMARC1; p=maybe").verdict, Verdict::kWrong);
  EXPECT_EQ(complaint("v=DMARC1; rua=mailto:d@a.test").verdict, Verdict::kWrong);
  EXPECT_EQ(complaint("v=DMARC1; p=reject; p=none").verdict, Verdict::kWrong);
  complaint("v=DMARC1; p=reject; rua=mailto:d@a.test");
  dns_.AddTxt("_dmarc.a.test", "v=DMARC1; p=none");
  EXPECT_TRUE(absl::StrContains(Complaint("DMARC").problem, "more than one"));
}

TEST_F(DoctorTest, DmarcOfADomainAboveCounts) {
  examination_.domain = "news.a.test";
  EXPECT_EQ(Complaint("DMARC").check, "");
  dns_.Remove("_dmarc.a.test");
  dns_.AddTxt("_dmarc.a.test", "v=DMARC1; p=reject; sp=none; rua=mailto:d@a.test");
  EXPECT_EQ(Complaint("DMARC").verdict, Verdict::kAdvice);
}

TEST_F(DoctorTest, NamesAndAddressesHaveToAgree) {
  dns_.Remove("1.2.0.192.in-addr.arpa");
  const Finding nameless = Complaint("PTR");
  EXPECT_EQ(nameless.verdict, Verdict::kWrong);
  EXPECT_TRUE(absl::StrContains(nameless.fix, "1.2.0.192.in-addr.arpa. IN PTR mail.a.test."));
  dns_.AddPtr("1.2.0.192.in-addr.arpa", "other.a.test");
  const Finding unconfirmed = Complaint("PTR");
  EXPECT_EQ(unconfirmed.verdict, Verdict::kWrong);
  EXPECT_EQ(unconfirmed.fix, "other.a.test. IN A 192.0.2.1");
  dns_.AddAddress("other.a.test", "192.0.2.1");
  EXPECT_EQ(Complaint("PTR").verdict, Verdict::kAdvice);

  dns_.Remove("mail.a.test");
  const Finding helo = Complaint("HELO");
  EXPECT_EQ(helo.verdict, Verdict::kWrong);
  EXPECT_EQ(helo.fix, "mail.a.test. IN A 192.0.2.1");
  examination_.helo = "localhost";
  EXPECT_TRUE(absl::StrContains(Complaint("HELO").problem, "no name of a host"));
}

TEST_F(DoctorTest, AddressesAreThoseOfTheHost) {
  examination_.addresses.clear();
  dns_.AddAddress("mail.a.test", "2001:db8::1");
  dns_.AddPtr("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
              "mail.a.test");
  EXPECT_EQ(Complaint("PTR").check, "");
  EXPECT_EQ(Complaint("SPF").subject, "2001:db8::1");
  examination_.helo.clear();
  EXPECT_EQ(Complaint("PTR").verdict, Verdict::kAdvice);
  EXPECT_EQ(Complaint("HELO").verdict, Verdict::kAdvice);
}

TEST_F(DoctorTest, Blocklists) {
  dns_.AddAddress("1.2.0.192.list.test", "127.0.0.2");
  dns_.AddTxt("1.2.0.192.list.test", "sent spam");
  const Finding listed = Complaint("DNSBL");
  EXPECT_EQ(listed.verdict, Verdict::kWrong);
  EXPECT_EQ(listed.problem, "listed: sent spam");
  dns_.Remove("1.2.0.192.list.test");
  dns_.AddAddress("1.2.0.192.list.test", "127.255.255.254");
  EXPECT_EQ(Complaint("DNSBL").verdict, Verdict::kUnknown);
}

TEST_F(DoctorTest, CertificateThatDoesNotVerify) {
  connector_.AddScript("192.0.2.2")
      .Greet("mail.a.test", {"STARTTLS"})
      .Expect("STARTTLS")
      .Reply("220 go")
      .StartTls(absl::FailedPreconditionError("handshake: certificate: it has expired"));
  connector_.AddScript("192.0.2.2")
      .Greet("mail.a.test", {"STARTTLS"})
      .Expect("STARTTLS")
      .Reply("220 go")
      .StartTls()
      .Hello("mail.a.test")
      .Expect("QUIT")
      .Reply("221 bye");
  AddPolicyHost(kSts);
  const Finding finding = Complaint("TLS");
  EXPECT_EQ(finding.verdict, Verdict::kWrong);
  EXPECT_EQ(finding.subject, "mx.a.test [192.0.2.2]");
  EXPECT_TRUE(absl::StrContains(finding.problem, "it has expired")) << finding.problem;
  EXPECT_EQ(finding.fix, "install a certificate of a public authority for mx.a.test");
}

TEST_F(DoctorTest, HostWithoutTlsAndHostThatIsSilent) {
  for (int i = 0; i < 2; ++i) connector_.AddScript("192.0.2.2").Greet("mail.a.test");
  const Finding clear = Complaint("TLS");
  EXPECT_EQ(clear.verdict, Verdict::kWrong);
  EXPECT_EQ(clear.fix, "let the server offer STARTTLS with a certificate for mx.a.test");
  connector_.Refuse("192.0.2.2");
  EXPECT_EQ(Complaint("TLS").verdict, Verdict::kUnknown);
}

TEST_F(DoctorTest, MtaStsPolicies) {
  const struct {
    std::string policy;
    Verdict verdict;
    std::string problem;
  } kCases[] = {
      {"version: STSv1\nmode: testing\nmx: mx.a.test\nmax_age: 604800\n", Verdict::kAdvice,
       "enforces nothing"},
      {"version: STSv1\nmode: enforce\nmx: mx.a.test\nmax_age: 60\n", Verdict::kAdvice, "soon"},
      {"version: STSv1\nmode: enforce\nmx: mx.b.test\nmax_age: 604800\n", Verdict::kWrong,
       "does not allow the MX host mx.a.test"},
      {"nothing", Verdict::kWrong, "there is a record, and no policy"},
  };
  for (const auto& test : kCases) {
    AddHosts(test.policy);
    const Finding finding = Complaint("MTA-STS");
    EXPECT_EQ(finding.verdict, test.verdict) << test.policy;
    EXPECT_TRUE(absl::StrContains(finding.problem, test.problem)) << finding.problem;
  }
  dns_.Remove("_mta-sts.a.test");
  const Finding none = Complaint("MTA-STS");
  EXPECT_EQ(none.verdict, Verdict::kAdvice);
  EXPECT_TRUE(absl::StrContains(none.fix, "_mta-sts.a.test. IN TXT \"v=STSv1; id=1\""));
}

TEST_F(DoctorTest, DomainWithoutAWayBack) {
  dns_.Remove("a.test");
  dns_.AddTxt("a.test", "v=spf1 ip4:192.0.2.1 -all");
  const Finding none = Complaint("MX");
  EXPECT_EQ(none.verdict, Verdict::kWrong);
  EXPECT_TRUE(absl::StrContains(none.fix, "a.test. IN MX 10 mail.a.test."));
  dns_.AddMx("a.test", 10, "mx.b.test");
  EXPECT_EQ(Complaint("MX").subject, "mx.b.test");
}

TEST_F(DoctorTest, SilentDnsIsNoVerdict) {
  for (const char* const name : {"a.test", "s1._domainkey.a.test", "_dmarc.a.test", "mail.a.test",
                                 "1.2.0.192.in-addr.arpa", "1.2.0.192.list.test"}) {
    dns_.SetServfail(name);
  }
  const Findings findings = Run();
  for (const Finding& finding : findings) {
    EXPECT_EQ(finding.verdict, Verdict::kUnknown) << finding.check;
  }
  EXPECT_EQ(ExitCodeForFindings(findings), ExitCode::kUnavailable);
}

TEST_F(DoctorTest, ReportsAreSafeToShow) {
  const Findings findings = {
      {"SPF", "a.test", Verdict::kWrong, "\x1b[2J", "bad", "one\ntwo"},
      {"MX", "a.test", Verdict::kOk, "10 mx.a.test"},
  };
  EXPECT_EQ(ReportText(findings),
            "WRONG    SPF     a.test: ?[2J\n"
            "           bad\n"
            "           fix: one\n"
            "           fix: two\n"
            "ok       MX      a.test: 10 mx.a.test\n"
            "1 wrong, 0 unknown, 0 to improve, 1 ok\n");
  EXPECT_EQ(ReportJson(findings),
            "{\"check\":\"SPF\",\"subject\":\"a.test\",\"verdict\":\"VERDICT_WRONG\",\"found\":"
            "\"?[2J\",\"problem\":\"bad\",\"fix\":[\"one\",\"two\"]}\n"
            "{\"check\":\"MX\",\"subject\":\"a.test\",\"verdict\":\"VERDICT_OK\",\"found\":"
            "\"10 mx.a.test\"}\n");
  EXPECT_EQ(ExitCodeForFindings(findings), ExitCode::kProblem);
}

}  // namespace
}  // namespace mailstrom::cli
