"""Relays (smarthosts), real Exims, that want to know who calls."""

import base64
import os
import unittest

from harness import certificates, dns_server, exim, mail_world, mailstrom_server, wire_tap
from harness.mail_world import send, simple_request
from mailstrom.v1 import email_pb2, mailstrom_service_pb2

Recipient = email_pb2.Recipient

_USER = "postmaster@sender.test"
_PASSWORD = "Correct-Horse-7"
_SERVER_PORT = 2525
# Mechanism, extensions, and whether the certificate can be verified.
_RELAYS = {
    "plain": ("PLAIN", {"TLS", "PIPELINING", "CHUNKING"}, True),
    "login": ("LOGIN", {"TLS"}, True),
    "cram": ("CRAM-MD5", {"TLS"}, True),
    "stranger": ("PLAIN", {"TLS"}, False),
    "clear": ("PLAIN", {"PIPELINING"}, True),
    # Relays for everybody.
    "open": (None, set(), False),
}


class RelayTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = os.environ["TEST_SCRATCH"]
        cls.authority = certificates.Authority(cls.directory)
        cls.relays = {}
        cls.addresses = {name: f"127.0.50.{i}" for i, name in enumerate(_RELAYS, 1)}
        for name, (mechanism, extensions, trusted) in _RELAYS.items():
            cls.relays[name] = exim.Exim(
                cls.directory,
                f"{name}.relay.test",
                [] if mechanism else ["*"],
                {cls.addresses[name]: extensions},
                port=_SERVER_PORT,
                authority=cls.authority if trusted else None,
                login=(mechanism, _USER, _PASSWORD) if mechanism else None,
            )
            cls.relays[name].start()
        cls.taps = wire_tap.WireTaps(cls.addresses.values(), _SERVER_PORT)
        records = [f"{name}.relay.test. 60 IN A {address}" for name, address in cls.addresses.items()]
        dns_server.DnsServer(cls.directory, records).start()

    def _relay(self, name, password=_PASSWORD):
        """Its part of the configuration: for recipients at NAME-users.test, for which DNS knows no host."""
        path = os.path.join(self.directory, f"{self.id()}-{name}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(password + "\n")
        return {
            "hosts": [f"{name}.relay.test"],
            "recipient_domains": [f"{name}-users.test"],
            "credentials": {"username": _USER, "password_file": path},
        }

    def _server(self, relays, **delivery):
        server = mailstrom_server.MailstromServer(
            mail_world.programs()[0],
            {
                "delivery": {
                    # A host that the operator names may be a private one.
                    "allow_private_destinations": False,
                    "trust_store_file": self.authority.certificate_path,
                    "retry": {"initial_delay": "1h"},
                    "relays": relays,
                    **delivery,
                }
            },
            "mailstromd-" + self.id().rpartition(".")[2],
        )
        self.addCleanup(server.stop)
        server.start()
        return server

    def _assert_secret(self, server, email_id):
        """Neither the log nor the dialogue shows the password, in whatever form."""
        request = mailstrom_service_pb2.QueryDialoguesRequest(email_id=email_id)
        dialogues = str(server.api.QueryDialogues(request, timeout=20))
        self.assertIn("AUTH", dialogues)
        forms = [_PASSWORD, "Wrong-Horse-7"]
        forms += [base64.b64encode(form.encode()).decode() for form in forms]
        forms += [base64.b64encode(f"\0{_USER}\0{form}".encode()).decode() for form in forms[:2]]
        for text in (dialogues, server.log()):
            for form in forms:
                self.assertNotIn(form, text)

    def _assert_waits(self, server, address, phase, reason):
        email = send(server, simple_request(address))
        recipient = server.wait_for_state(email.email_id, address, Recipient.STATE_DEFERRED)
        self.assertEqual(recipient.last_attempt.phase, phase, recipient)
        self.assertRegex(recipient.last_attempt.description, reason)
        return email.email_id, recipient

    def test_each_mechanism_over_verified_tls(self):
        names = ("plain", "login", "cram")
        server = self._server([self._relay(name) for name in names])
        for name in names:
            with self.subTest(name):
                address = f"bob@{name}-users.test"
                email = send(server, simple_request(address))
                (recipient,) = server.wait_settled(email.email_id).recipients
                self.assertEqual(recipient.state, Recipient.STATE_DELIVERED, recipient)
                self.assertRegex(recipient.last_attempt.tls, "^TLSv1.3 ")
                self.assertEqual(recipient.last_attempt.mx_host, f"{name}.relay.test")
                (mail,) = self.relays[name].mailbox.wait_for_mail(address)
                self.assertRegex(mail.received, "with esmtpsa")
                (arrival,) = self.relays[name].arrivals(self.addresses[name])
                self.assertIn(f":{_USER} ", arrival)
                self._assert_secret(server, email.email_id)

    def test_wrong_password_is_told_and_kept_secret(self):
        server = self._server([self._relay("plain", "Wrong-Horse-7")])
        email_id, recipient = self._assert_waits(
            server, "carl@plain-users.test", email_pb2.Attempt.PHASE_AUTH, "AUTH|uthenticat"
        )
        self.assertEqual(recipient.last_attempt.reply.code, 535)
        self._assert_secret(server, email_id)

    def test_no_credentials_without_verified_tls(self):
        server = self._server([self._relay("stranger"), self._relay("clear")])
        for name in ("stranger", "clear"):
            with self.subTest(name):
                address = f"bob@{name}-users.test"
                self._assert_waits(server, address, email_pb2.Attempt.PHASE_TLS, "certificate|STARTTLS")
                sent = b"".join(each.sent for each in self.taps.conversations(self.addresses[name]))
                self.assertIn(b"EHLO", sent)
                self.assertNotIn(b"AUTH", sent)
                self.assertNotIn("authenticator", self.relays[name].log())
                self.assertEqual(self.relays[name].mailbox.mail(), [])

    def test_one_line_sends_all_mail_to_one_host(self):
        server = self._server([], relay=f"{self.addresses['open']}:25")
        email = send(server, simple_request("dora@nowhere.test", "dora@elsewhere.test"))
        for recipient in server.wait_settled(email.email_id).recipients:
            self.assertEqual(recipient.state, Recipient.STATE_DELIVERED, recipient)
            self.assertEqual(recipient.last_attempt.mx_host, self.addresses["open"])
        # One host, one transaction.
        self.assertEqual(len(self.relays["open"].arrivals(self.addresses["open"])), 1)

    def test_senders_domain_decides(self):
        relay = self._relay("plain")
        del relay["recipient_domains"]
        relay["sender_domains"] = ["relayed.test"]
        server = self._server([relay])
        relayed = send(server, simple_request("eve@nowhere.test", sender="ann@relayed.test"))
        direct = send(server, simple_request("eve@nowhere.test", sender="ann@direct.test"))
        (recipient,) = server.wait_settled(relayed.email_id).recipients
        self.assertEqual(recipient.last_attempt.mx_host, "plain.relay.test", recipient)
        (recipient,) = server.wait_settled(direct.email_id).recipients
        self.assertEqual(recipient.failure_cause, email_pb2.FAILURE_CAUSE_BAD_DOMAIN, recipient)


if __name__ == "__main__":
    unittest.main()
