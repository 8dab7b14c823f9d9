"""TLS that must be: with servers that have it, lack it, break it, or cannot prove who they are."""

import os
import unittest

from harness import certificates, dns_server, mail_world, mailstrom_server, opensmtpd, postfix
from harness.mail_world import recipients_by_address, send, simple_request
from mailstrom.v1 import email_pb2

Recipient = email_pb2.Recipient

_HOSTS = {
    "trusted": "127.0.40.1",
    "stranger": "127.0.40.2",
    "impostor": "127.0.40.3",
    "expired": "127.0.40.4",
    "clear": "127.0.40.5",
    # Offers STARTTLS and fails in each handshake.
    "broken": "127.0.40.6",
}


class TlsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = os.environ["TEST_SCRATCH"]
        cls.authority = certificates.Authority(cls.directory)
        cls.postfix = postfix.Postfix(
            cls.directory,
            _HOSTS["trusted"],
            "postfix.test",
            [f"{name}.test" for name in _HOSTS if name != "broken"],
            listeners={
                address: cls._parameters(name) for name, address in _HOSTS.items() if name != "broken"
            },
        )
        cls.postfix.start()
        cls.opensmtpd = opensmtpd.OpenSmtpd(
            cls.directory, "mx.broken.test", ["broken.test"], {_HOSTS["broken"]: {"TLS"}}
        )
        cls.opensmtpd.start()
        records = []
        for name, address in _HOSTS.items():
            records += [f"{name}.test. 60 IN MX 10 mx.{name}.test.", f"mx.{name}.test. 60 IN A {address}"]
        dns_server.DnsServer(cls.directory, records).start()

    @classmethod
    def _parameters(cls, name):
        """What is different in main.cf for a listener."""
        if name == "clear":
            return {"smtpd_tls_security_level": "none"}
        directory = os.path.join(cls.directory, name)
        os.mkdir(directory)
        if name == "stranger":
            certificate, key = certificates.self_signed(directory, "mx.stranger.test")
        else:
            host_name = "mx.elsewhere.test" if name == "impostor" else f"mx.{name}.test"
            certificate, key = cls.authority.sign(directory, host_name, -1 if name == "expired" else 2)
        return {"smtpd_tls_cert_file": certificate, "smtpd_tls_key_file": key}

    def _outcomes(self, mode):
        """What came of an email to every host, each as soon as its first attempt has ended."""
        delivery = {
            "tls": mode,
            "trust_store_file": self.authority.certificate_path,
            "retry": {"initial_delay": "1h"},
        }
        server = mailstrom_server.MailstromServer(
            mail_world.programs()[0], {"delivery": delivery}, f"mailstromd-{mode}"
        )
        self.addCleanup(server.stop)
        server.start()
        email = send(server, simple_request(*(f"{mode}@{name}.test" for name in _HOSTS)))
        pending = {f"{mode}@{name}.test" for name in _HOSTS}
        for response in server.watch([email.email_id]):
            pending.discard(response.event.recipient.address)
            if not pending:
                break
        recipients = recipients_by_address(server.query(email.email_id))
        return {name: recipients[f"{mode}@{name}.test"] for name in _HOSTS}

    def _assert_delivered_over_tls(self, recipient):
        self.assertEqual(recipient.state, Recipient.STATE_DELIVERED, recipient)
        self.assertRegex(recipient.last_attempt.tls, "^TLSv1.3 ")
        (mail,) = self.postfix.wait_for_mail(recipient.address)
        self.assertIn("using TLSv1.3", mail.received)

    def _assert_waits(self, recipient, reason):
        self.assertEqual(recipient.state, Recipient.STATE_DEFERRED, recipient)
        self.assertEqual(recipient.last_attempt.phase, email_pb2.Attempt.PHASE_TLS, recipient)
        self.assertRegex(recipient.last_attempt.description, reason)
        # Not even the addresses have been told.
        self.assertEqual(self.postfix.policy.commands(recipient.address), [])
        self.assertEqual(self.opensmtpd.mailbox.mail(recipient.address), [])

    def test_verified(self):
        outcomes = self._outcomes("TLS_MODE_VERIFY")
        self._assert_delivered_over_tls(outcomes["trusted"])
        self._assert_waits(outcomes["stranger"], "(?i)self.signed|issuer|trust")
        self._assert_waits(outcomes["impostor"], "(?i)host ?name|mismatch")
        self._assert_waits(outcomes["expired"], "(?i)expired")
        self._assert_waits(outcomes["clear"], "STARTTLS")
        self._assert_waits(outcomes["broken"], "handshake")

    def test_required(self):
        outcomes = self._outcomes("TLS_MODE_REQUIRE")
        for name in ("trusted", "stranger", "impostor", "expired"):
            self._assert_delivered_over_tls(outcomes[name])
        self._assert_waits(outcomes["clear"], "STARTTLS")
        self._assert_waits(outcomes["broken"], "handshake")

    def test_opportunistic(self):
        outcomes = self._outcomes("TLS_MODE_OPPORTUNISTIC")
        for name in ("trusted", "stranger", "impostor", "expired"):
            self._assert_delivered_over_tls(outcomes[name])
        for name in ("clear", "broken"):
            self.assertEqual(outcomes[name].state, Recipient.STATE_DELIVERED, outcomes[name])
            self.assertEqual(outcomes[name].last_attempt.tls, "")

    def test_none(self):
        for recipient in self._outcomes("TLS_MODE_NONE").values():
            self.assertEqual(recipient.state, Recipient.STATE_DELIVERED, recipient)
            self.assertEqual(recipient.last_attempt.tls, "")


if __name__ == "__main__":
    unittest.main()
