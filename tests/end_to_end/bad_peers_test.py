"""Mail servers that go wrong, at each step and in each way, all at once: nothing hangs and nothing grows."""

import os
import time
import unittest

from harness import bad_peer, certificates, dns_server, mail_world, mailstrom_server
from harness.mail_world import recipients_by_address, send, simple_request
from mailstrom.v1 import email_pb2

Recipient = email_pb2.Recipient

# Of each phase. An attempt goes through some of them and one time-out.
_TIMEOUT = 2
_PHASES = ["greeting", "hello", "tls", "mail", "rcpt", "data_command", "data_block", "data_end"]
# For the attempts, on a machine with much else to do.
_PATIENCE = 40
_ALLOWED_GROWTH = 64 << 20

# Steps that come before TLS, or do without it.
_CLEAR = ("greeting", "hello", "starttls")

_INJECTION = "ann@injection.test"


def _address(step, misdeed):
    return f"ann@{step}.{misdeed.__name__.replace('_', '-')}.test"


_BAD = {_address(step, misdeed): (step, misdeed) for step in bad_peer.STEPS for misdeed in bad_peer.MISDEEDS}


class BadPeersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = os.environ["TEST_SCRATCH"]
        certificate = certificates.self_signed(directory, "mx.bad.test")
        records = []
        cls.peers = {}
        for number, (address, (step, misdeed)) in enumerate({**_BAD, _INJECTION: ("starttls", None)}.items(), 1):
            domain = address.partition("@")[2]
            host = f"127.0.80.{number}"
            records += [f"{domain}. 60 IN MX 10 mx.{domain}.", f"mx.{domain}. 60 IN A {host}"]
            cls.peers[address] = bad_peer.BadPeer(host, step, misdeed, certificate)
        dns_server.DnsServer(directory, records).start()
        delivery = {
            "retry": {"initial_delay": "1h"},
            "timeouts": {phase: f"{_TIMEOUT}s" for phase in _PHASES},
        }
        cls.server = mailstrom_server.MailstromServer(mail_world.programs()[0], {"delivery": delivery})
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()

    def _first_outcomes(self, addresses):
        email = send(self.server, simple_request(*addresses))
        pending = set(addresses)
        for response in self.server.watch([email.email_id], timeout=_PATIENCE):
            for recipient in [*response.snapshot.recipients, response.event.recipient]:
                if recipient.state != Recipient.STATE_QUEUED:
                    pending.discard(recipient.address)
            if not pending:
                break
        self.assertEqual(pending, set())
        return recipients_by_address(self.server.query(email.email_id))

    def test_each_misdeed_at_each_step_ends_in_time_and_takes_no_memory(self):
        before = self.server.resident_bytes()
        start = time.monotonic()
        outcomes = self._first_outcomes(sorted(_BAD))
        self.assertLess(time.monotonic() - start, _PATIENCE)
        self.assertLess(self.server.resident_bytes() - before, _ALLOWED_GROWTH)
        for address, (step, misdeed) in _BAD.items():
            recipient = outcomes[address]
            with self.subTest(step=step, misdeed=misdeed.__name__):
                # Without TLS there is another way.
                delivered = step == "starttls"
                expected = Recipient.STATE_DELIVERED if delivered else Recipient.STATE_DEFERRED
                self.assertEqual(recipient.state, expected, recipient)
                self.assertEqual(recipient.last_attempt.tls == "", step in _CLEAR, recipient)
                # Only whoever has the whole message may have delivered it.
                self.assertEqual(recipient.in_doubt, step == "end", recipient)
                lasted = recipient.last_attempt.end_time.seconds - recipient.last_attempt.start_time.seconds
                self.assertLess(lasted, _PATIENCE / 2, recipient)

    def test_what_is_injected_before_tls_is_thrown_away(self):
        (recipient,) = self._first_outcomes([_INJECTION]).values()
        self.assertEqual(recipient.state, Recipient.STATE_DELIVERED, recipient)
        verbs = [line.split(b" ")[0] for line in self.peers[_INJECTION].encrypted]
        self.assertEqual(verbs[:4], [b"EHLO", b"MAIL", b"RCPT", b"DATA"])


if __name__ == "__main__":
    unittest.main()
