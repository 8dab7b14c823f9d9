"""`mailstrom doctor`, with a DNS server, mail hosts and a web server of its own."""

import http.server
import json
import os
import ssl
import subprocess
import threading
import unittest

from harness import certificates, dns_server, postfix
from harness.mail_world import programs

_SENDING = "198.18.0.1"
_GOOD_MX = "127.0.41.1"
_CLEAR_MX = "127.0.41.2"
_POLICY_HOST = "127.0.41.3"
_POLICY = b"version: STSv1\r\nmode: enforce\r\nmx: mx.good.test\r\nmax_age: 604800\r\n"


class _PolicyHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # noqa: N802
        found = self.path == "/.well-known/mta-sts.txt"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(_POLICY)))
        self.end_headers()
        self.wfile.write(_POLICY)

    def log_message(self, *_):
        pass


def _mailstrom(*words):
    return subprocess.run([programs()[1], *words], capture_output=True, text=True, timeout=120)


class CliDoctorTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = os.environ["TEST_SCRATCH"]
        cls.authority = certificates.Authority(cls.directory)
        cls.key = os.path.join(cls.directory, "dkim.pem")
        made = _mailstrom(
            "dkim", "keygen", "--domain=good.test", "--selector=s1", f"--out={cls.key}", "--json"
        )
        record = json.loads(made.stdout)["record"]
        strings = " ".join(f'"{record[at : at + 250]}"' for at in range(0, len(record), 250))
        mail_host = postfix.Postfix(
            cls.directory,
            _GOOD_MX,
            "postfix.test",
            ["good.test", "bad.test"],
            listeners={
                _GOOD_MX: cls._certificate("mx.good.test"),
                _CLEAR_MX: {"smtpd_tls_security_level": "none"},
            },
        )
        mail_host.start()
        cls._serve_policy()
        records = [
            'good.test. 60 IN TXT "v=spf1 include:_spf.good.test -all"',
            f'_spf.good.test. 60 IN TXT "v=spf1 ip4:{_SENDING} ~all"',
            "good.test. 60 IN MX 10 mx.good.test.",
            f"mx.good.test. 60 IN A {_GOOD_MX}",
            f"s1._domainkey.good.test. 60 IN TXT {strings}",
            '_dmarc.good.test. 60 IN TXT "v=DMARC1; p=reject; rua=mailto:d@good.test"',
            f"mail.good.test. 60 IN A {_SENDING}",
            "1.0.18.198.in-addr.arpa. 60 IN PTR mail.good.test.",
            '_mta-sts.good.test. 60 IN TXT "v=STSv1; id=1"',
            f"mta-sts.good.test. 60 IN A {_POLICY_HOST}",
            "bad.test. 60 IN MX 10 mx.bad.test.",
            f"mx.bad.test. 60 IN A {_CLEAR_MX}",
            "1.0.18.198.list.test. 60 IN A 127.0.0.2",
            '1.0.18.198.list.test. 60 IN TXT "sent spam"',
        ]
        dns_server.DnsServer(cls.directory, records).start()

    @classmethod
    def _certificate(cls, host_name):
        directory = os.path.join(cls.directory, host_name)
        os.mkdir(directory)
        certificate, key = cls.authority.sign(directory, host_name)
        return {"smtpd_tls_cert_file": certificate, "smtpd_tls_key_file": key}

    @classmethod
    def _serve_policy(cls):
        files = cls._certificate("mta-sts.good.test")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files["smtpd_tls_cert_file"], files["smtpd_tls_key_file"])
        server = http.server.ThreadingHTTPServer((_POLICY_HOST, 443), _PolicyHandler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cls.addClassCleanup(server.shutdown)

    def doctor(self, domain, *words):
        trust = f"--ca-file={self.authority.certificate_path}"
        return _mailstrom("doctor", domain, "--dns=127.0.0.1", trust, *words)

    def test_a_domain_in_order(self):
        words = ("--selector=s1", f"--dkim-key={self.key}", "--helo=mail.good.test")
        shown = self.doctor("good.test", *words)
        self.assertEqual(shown.returncode, 0, shown.stdout + shown.stderr)
        self.assertRegex(shown.stdout, r"ok +TLS +mx\.good\.test \[127\.0\.41\.1\]: TLSv1\.3 .* verified")
        self.assertRegex(shown.stdout, r"ok +MTA-STS +_mta-sts\.good\.test: mode enforce")
        self.assertIn("0 wrong, 0 unknown, 0 to improve, ", shown.stdout)
        lines = [json.loads(line) for line in self.doctor("good.test", *words, "--json").stdout.splitlines()]
        self.assertEqual({line["verdict"] for line in lines}, {"VERDICT_OK"})

    def test_a_domain_that_lacks_all(self):
        shown = self.doctor(
            "bad.test", "--selector=s1", f"--dkim-key={self.key}", "--helo=mail.bad.test",
            f"--address={_SENDING}", "--blocklist=list.test", "--json",
        )
        self.assertEqual(shown.returncode, 1, shown.stdout + shown.stderr)
        findings = {line["check"]: line for line in map(json.loads, shown.stdout.splitlines())}
        for check in ("SPF", "DKIM", "DMARC", "HELO", "DNSBL", "TLS"):
            self.assertEqual(findings[check]["verdict"], "VERDICT_WRONG", findings[check])
        self.assertEqual(findings["SPF"]["fix"], [f'bad.test. IN TXT "v=spf1 ip4:{_SENDING} -all"'])
        self.assertIn("s1._domainkey.bad.test. IN TXT", findings["DKIM"]["fix"][0])
        self.assertIn("_dmarc.bad.test. IN TXT", findings["DMARC"]["fix"][0])
        self.assertEqual(findings["HELO"]["fix"], [f"mail.bad.test. IN A {_SENDING}"])
        self.assertEqual(findings["DNSBL"]["problem"], "listed: sent spam")
        self.assertIn("offer STARTTLS with a certificate for mx.bad.test", findings["TLS"]["fix"][0])
        self.assertEqual(findings["PTR"]["verdict"], "VERDICT_ADVICE")
        self.assertEqual(findings["MTA-STS"]["verdict"], "VERDICT_ADVICE")

    def test_what_it_proposes_is_what_it_wants(self):
        """A certificate that nobody vouches for is wrong; the same one is well with its authority."""
        shown = _mailstrom("doctor", "good.test", "--dns=127.0.0.1")
        self.assertEqual(shown.returncode, 1)
        self.assertIn("install a certificate of a public authority for mx.good.test", shown.stdout)

    def test_silent_dns(self):
        shown = _mailstrom("doctor", "good.test", "--dns=127.0.0.1@9")
        self.assertEqual(shown.returncode, 4, shown.stdout)

    def test_words(self):
        for words in (("a..b",), ("good.test", "--address=mail"), ("good.test", f"--dkim-key={self.key}")):
            self.assertEqual(_mailstrom("doctor", *words).returncode, 2, words)


if __name__ == "__main__":
    unittest.main()
