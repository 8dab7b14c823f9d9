"""The same emails to several mail servers, each with and without TLS, PIPELINING, CHUNKING and SMTPUTF8.

What is asserted is what the servers and the wire between say, not what the sender says of itself. The
table at the end shows it for each of them.
"""

import dataclasses
import itertools
import os
import re
import unittest

from harness import aiosmtpd_server, certificates, dns_server, exim, mail_world, mailstrom_server
from harness import opensmtpd, postfix, wire_tap
from harness.mail_world import SENDER, recipients_by_address, send, simple_request
from mailstrom.v1 import content_pb2, email_pb2, mailstrom_service_pb2

Recipient = email_pb2.Recipient

_SERVER_PORT = 2525
_EXTENSIONS = ("TLS", "PIPELINING", "CHUNKING", "SMTPUTF8")
_REFUSED = 1


@dataclasses.dataclass(frozen=True)
class Peer:
    """One address of a mail server, and what it offers there."""

    kind: str
    address: str
    offers: frozenset
    note: str = ""

    @property
    def domain(self):
        return f"{self.kind}-{self.address.replace('.', '-')}.test"

    @property
    def recipients(self):
        return [f"{name}@{self.domain}" for name in ("first", "refused", "last")]

    def __str__(self):
        offers = " ".join(name if name in self.offers else "-" * len(name) for name in _EXTENSIONS)
        return f"{self.kind:9} {offers} {self.note:15}"


def _peers(kind, network, extensions, extra=()):
    """One for each subset of the extensions, and the extra ones."""
    subsets = itertools.product(*[(name, None) for name in extensions])
    offers = [(frozenset(filter(None, subset)), "") for subset in subsets] + list(extra)
    return [Peer(kind, f"127.0.{network}.{i}", *offer) for i, offer in enumerate(offers, 1)]


_ALL = frozenset(_EXTENSIONS)
_PEERS = {
    "postfix": _peers("postfix", 10, _EXTENSIONS, [(_ALL, "TLS 1.2 only"), (_ALL, "no 8BITMIME")]),
    "exim": _peers("exim", 11, _EXTENSIONS),
    # Debian's OpenSMTPD 6.8 with its OpenSSL 3 offers STARTTLS and then fails in each handshake.
    "opensmtpd": [
        Peer("opensmtpd", "127.0.12.1", frozenset(), ""),
        Peer("opensmtpd", "127.0.12.2", frozenset(), "broken STARTTLS"),
    ],
    "aiosmtpd": _peers("aiosmtpd", 13, ("TLS", "SMTPUTF8")),
}


def _raw_message(peer):
    """8-bit text with all that dots can do, larger than any buffer on the way."""
    header = (
        f"From: {SENDER}\r\nTo: {', '.join(peer.recipients)}\r\nSubject: to {peer.domain}\r\n"
        f"Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{peer.domain}@sender.test>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n"
    )
    lines = [".", "..", ".Grüße", "", " .", ".QUIT", "x" * 997]
    # Line lengths that do not divide a power of two put a dot at every offset of a buffer.
    lines += [f".{'ü' * (i % 31)}." for i in range(4000)]
    return (header + "\r\n".join(lines) + "\r\n.\r\n").encode()


@dataclasses.dataclass
class Outcome:
    """What came of the emails to one peer."""

    plain: email_pb2.Email = None
    # Client's turns in the conversation of that email.
    turns: int = 0
    international: email_pb2.Email = None


class PeersTest(unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        cls.directory = os.environ["TEST_SCRATCH"]
        cls.peers = [peer for peers in _PEERS.values() for peer in peers]
        cls._start_peers()
        addresses = [peer.address for peer in cls.peers]
        cls.taps = wire_tap.WireTaps(addresses, _SERVER_PORT)
        records = []
        for peer in cls.peers:
            records += [
                f"{peer.domain}. 60 IN MX 10 mx.{peer.domain}.",
                f"mx.{peer.domain}. 60 IN A {peer.address}",
            ]
        dns_server.DnsServer(cls.directory, records).start()
        cls.server = mailstrom_server.MailstromServer(mail_world.programs()[0])
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()
        cls._send_all()
        # Servers log a session as it ends.
        cls.server.stop()
        cls._print_table()

    @classmethod
    def _start_peers(cls):
        def listeners(kind):
            return {peer.address: peer.offers for peer in _PEERS[kind]}

        def domains(kind):
            return [peer.domain for peer in _PEERS[kind]]

        cls.postfix = postfix.Postfix(
            cls.directory,
            "127.0.10.1",
            "postfix.test",
            domains("postfix"),
            listeners={peer.address: _postfix_parameters(peer) for peer in _PEERS["postfix"]},
            port=_SERVER_PORT,
        )
        cls.postfix.start()
        for domain in domains("postfix"):
            cls.postfix.policy.rules[f"refused@{domain}"] = lambda count: "550 5.1.1 Nobody of this name"
        cls.exim = exim.Exim(cls.directory, "exim.test", domains("exim"), listeners("exim"), port=_SERVER_PORT)
        cls.exim.start()
        cls.opensmtpd = opensmtpd.OpenSmtpd(
            cls.directory,
            "opensmtpd.test",
            domains("opensmtpd"),
            {"127.0.12.1": set(), "127.0.12.2": {"TLS"}},
            port=_SERVER_PORT,
        )
        cls.opensmtpd.start()
        os.mkdir(os.path.join(cls.directory, "aiosmtpd.test"))
        cls.aiosmtpd = aiosmtpd_server.AiosmtpdServer(
            "aiosmtpd.test",
            certificates.self_signed(os.path.join(cls.directory, "aiosmtpd.test"), "aiosmtpd.test"),
            listeners("aiosmtpd"),
            port=_SERVER_PORT,
        )
        cls.aiosmtpd.start()

    @classmethod
    def _send_all(cls):
        cls.outcomes = {peer: Outcome() for peer in cls.peers}
        ids = {}
        for peer in cls.peers:
            request = mailstrom_service_pb2.SendEmailRequest(
                raw_message=_raw_message(peer),
                envelope=content_pb2.Envelope(reverse_path=SENDER, forward_paths=peer.recipients),
            )
            ids[peer] = send(cls.server, request).email_id
        for peer, outcome in cls.outcomes.items():
            outcome.plain = cls.server.wait_settled(ids[peer])
            outcome.turns = cls.taps.conversations(peer.address)[-1].turns
        for peer in cls.peers:
            ids[peer] = send(cls.server, simple_request(f"jürgen@{peer.domain}")).email_id
        for peer, outcome in cls.outcomes.items():
            outcome.international = cls.server.wait_settled(ids[peer])

    @classmethod
    def _print_table(cls):
        """Each line: what is offered; what happened."""
        print()
        for peer, outcome in cls.outcomes.items():
            attempt = outcome.plain.recipients[0].last_attempt
            print(
                f"{peer} | {Recipient.State.Name(outcome.plain.recipients[0].state):15} "
                f"{attempt.tls:30} {outcome.turns:2} turns "
                f"{'BDAT' if cls._used_chunking(peer) else 'DATA'} | "
                f"{Recipient.State.Name(outcome.international.recipients[0].state)}"
            )

    @classmethod
    def _mail(cls, recipient, peer):
        """The one message that the peer stored for the recipient."""
        box = cls.aiosmtpd if peer.kind == "aiosmtpd" else getattr(cls, peer.kind).mailbox
        (mail,) = box.wait_for_mail(recipient)
        return mail

    @classmethod
    def _used_chunking(cls, peer):
        if peer.kind == "postfix":
            ends = re.findall(rf"postfix/{peer.address}/smtpd.* disconnect from .* (bdat|data)=", cls.postfix.log())
            return "bdat" in ends
        if peer.kind == "exim":
            return any(re.search(r" K ", line) for line in cls.exim.arrivals(peer.address))
        return False

    def _each(self, *kinds):
        """All peers of these kinds, or all at all, each as a subtest."""
        for peer, outcome in self.outcomes.items():
            if not kinds or peer.kind in kinds:
                with self.subTest(peer=str(peer)):
                    yield peer, outcome

    def test_message_arrives_byte_for_byte(self):
        for peer, outcome in self._each():
            sent = _raw_message(peer)
            for address in (peer.recipients[0], peer.recipients[2]):
                recipient = recipients_by_address(outcome.plain)[address]
                self.assertEqual(recipient.state, Recipient.STATE_DELIVERED, recipient)
                self.assertEqual(recipient.attempt_count, 1)
                mail = self._mail(address, peer)
                if peer.kind == "aiosmtpd":
                    self.assertEqual(mail.data, sent)
                else:
                    self.assertEqual(mail.untraced, sent.replace(b"\r\n", b"\n"))


def _postfix_parameters(peer):
    hidden = {name for name in _EXTENSIONS if name not in peer.offers}
    if "TLS" in hidden:
        hidden = hidden - {"TLS"} | {"STARTTLS"}
    if peer.note == "no 8BITMIME":
        hidden.add("8BITMIME")
    parameters = {"smtpd_discard_ehlo_keywords": ",".join(sorted(hidden))}
    if peer.note == "TLS 1.2 only":
        parameters["smtpd_tls_protocols"] = "TLSv1.2"
    return parameters


if __name__ == "__main__":
    unittest.main()
