"""The same emails to several mail servers, each with and without TLS, PIPELINING, CHUNKING and SMTPUTF8.

What is asserted is what the servers and the wire between say, not what the sender says of itself. The
table at the end shows it for each of them.
"""

import dataclasses
import email
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
# What is peculiar about a peer.
_TLS12 = "TLS 1.2 only"
_NO_8BITMIME = "no 8BITMIME"
_BROKEN_STARTTLS = "broken STARTTLS"


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
        return f"{self.kind:9} {offers} {self.note:15}".rstrip()


def _peers(kind, network, extensions, extra=()):
    """One for each subset of the extensions, and the extra ones."""
    subsets = itertools.product(*[(name, None) for name in extensions])
    offers = [(frozenset(filter(None, subset)), "") for subset in subsets] + list(extra)
    return [Peer(kind, f"127.0.{network}.{i}", *offer) for i, offer in enumerate(offers, 1)]


_ALL = frozenset(_EXTENSIONS)
_PEERS = {
    "postfix": _peers("postfix", 10, _EXTENSIONS, [(_ALL, _TLS12), (_ALL, _NO_8BITMIME)]),
    "exim": _peers("exim", 11, _EXTENSIONS),
    "opensmtpd": [
        Peer("opensmtpd", "127.0.12.1", frozenset()),
        Peer("opensmtpd", "127.0.12.2", frozenset(), _BROKEN_STARTTLS),
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
        """What each offers, and what happened."""

        def state(sent):
            return Recipient.State.Name(sent.recipients[0].state).removeprefix("STATE_").lower()

        print(f"\n{'peer and what it offers':61}8-bit      turns by    UTF-8 address  TLS")
        for peer, outcome in cls.outcomes.items():
            print(
                f"{str(peer):60} {state(outcome.plain):10} {outcome.turns:5} "
                f"{'BDAT' if cls._used_chunking(peer) else 'DATA':5} {state(outcome.international):14} "
                f"{outcome.plain.recipients[0].last_attempt.tls or '-'}"
            )

    def _receivers(self):
        """The peers that can take 8-bit content, and what came of the emails."""
        return [each for each in self.outcomes.items() if each[0].note != _NO_8BITMIME]

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

    def _used_tls(self, peer, mail):
        """TLS version and cipher as the peer knew them, or as much of that as it says."""
        if peer.kind == "aiosmtpd":
            return mail.tls
        if peer.kind == "exim":
            (version,) = re.findall(r"with esmtps? +(?:\(TLS(\S+)\))?", mail.received)
            return f"TLSv{version} " if version else ""
        found = re.search(r"using (TLSv\S+) with cipher (\S+)", mail.received)
        # Versions before 1.3 have older names for the ciphers here.
        return " ".join(found.groups() if found[1] == "TLSv1.3" else [found[1], ""]) if found else ""

    def _assert_unsupported(self, recipient, code):
        self.assertEqual(recipient.state, Recipient.STATE_FAILED, recipient)
        self.assertEqual(recipient.failure_cause, email_pb2.FAILURE_CAUSE_UNSUPPORTED, recipient)
        self.assertEqual(recipient.attempt_count, 1, recipient)
        self.assertIn(code, recipient.last_attempt.description)

    def test_message_arrives_byte_for_byte(self):
        for peer, outcome in self._receivers():
            with self.subTest(peer=str(peer)):
                sent = _raw_message(peer)
                for address in (peer.recipients[0], peer.recipients[2]):
                    recipient = recipients_by_address(outcome.plain)[address]
                    self.assertEqual(recipient.state, Recipient.STATE_DELIVERED, recipient)
                    self.assertEqual(recipient.attempt_count, 1)
                    mail = self._mail(address, peer)
                    self.assertEqual(mail.reverse_path, SENDER)
                    if peer.kind == "aiosmtpd":
                        self.assertEqual(mail.data, sent)
                    else:
                        self.assertEqual(mail.untraced, sent.replace(b"\r\n", b"\n"))

    def test_refused_recipient_alone_fails(self):
        for peer, outcome in self._receivers():
            with self.subTest(peer=str(peer)):
                refused = recipients_by_address(outcome.plain)[peer.recipients[1]]
                self.assertEqual(refused.state, Recipient.STATE_FAILED, refused)
                self.assertEqual(refused.failure_cause, email_pb2.FAILURE_CAUSE_REJECTED)
                self.assertEqual(refused.attempt_count, 1)
                self.assertEqual(refused.last_attempt.phase, email_pb2.Attempt.PHASE_RCPT)
                self.assertEqual(refused.last_attempt.reply.code, 550)

    def test_attempt_names_the_tls_that_the_peer_saw(self):
        for peer, outcome in self._receivers():
            with self.subTest(peer=str(peer)):
                said = outcome.plain.recipients[0].last_attempt.tls
                seen = self._used_tls(peer, self._mail(peer.recipients[0], peer))
                self.assertEqual(said[: len(seen)], seen)
                self.assertEqual(bool(said), "TLS" in peer.offers)
                version = "TLSv1.2" if peer.note == _TLS12 else "TLSv1.3"
                if said:
                    self.assertEqual(said.split()[0], version)
                    sent = self.taps.conversations(peer.address)[-1].sent
                    self.assertNotIn(SENDER.encode(), sent)

    def test_broken_starttls_is_followed_by_clear_text(self):
        (peer,) = (peer for peer in self.peers if peer.note == _BROKEN_STARTTLS)
        first, second = (each.sent for each in self.taps.conversations(peer.address)[:2])
        self.assertIn(b"STARTTLS\r\n", first)
        self.assertNotIn(b"MAIL FROM", first)
        self.assertNotIn(b"STARTTLS", second)
        self.assertEqual(self.outcomes[peer].plain.recipients[0].attempt_count, 1)
        # The second email need not learn that anew.
        later = self.taps.conversations(peer.address)[2:]
        self.assertFalse(any(b"STARTTLS" in each.sent for each in later))

    def test_commands_are_pipelined_where_offered(self):
        for peer, outcome in self._receivers():
            with self.subTest(peer=str(peer)):
                # EHLO; MAIL, three RCPT, and DATA unless there is BDAT; the message.
                alone = 6 if "CHUNKING" in peer.offers else 7
                turns = 3 if "PIPELINING" in peer.offers else alone
                # STARTTLS, the handshake and EHLO; the handshake may be one more.
                if "TLS" in peer.offers:
                    self.assertIn(outcome.turns - turns, (3, 4))
                else:
                    self.assertEqual(outcome.turns, turns)
                if peer.kind == "exim" and "PIPELINING" in peer.offers:
                    self.assertRegex(self.exim.arrivals(peer.address)[0], r" L\.? ")

    def test_message_goes_by_bdat_where_offered(self):
        for peer, _ in self._receivers():
            with self.subTest(peer=str(peer)):
                self.assertEqual(self._used_chunking(peer), "CHUNKING" in peer.offers)
                if "TLS" not in peer.offers:
                    sent = self.taps.conversations(peer.address)[-1].sent
                    self.assertEqual(b"\r\nBDAT " in sent, "CHUNKING" in peer.offers)

    def test_international_address_needs_smtputf8(self):
        for peer, outcome in self._receivers():
            with self.subTest(peer=str(peer)):
                (recipient,) = outcome.international.recipients
                if "SMTPUTF8" not in peer.offers:
                    self._assert_unsupported(recipient, "5.6.7")
                    continue
                self.assertEqual(recipient.state, Recipient.STATE_DELIVERED, recipient)
                mail = self._mail(recipient.address, peer)
                if peer.kind == "aiosmtpd":
                    self.assertTrue(mail.smtputf8)
                    self.assertIn("SMTPUTF8", mail.mail_options)
                else:
                    self.assertRegex(mail.received, "(?i)with utf8e?smtp")

    def test_smtputf8_is_not_asked_for_without_need(self):
        for peer, _ in self._receivers():
            with self.subTest(peer=str(peer)):
                mail = self._mail(peer.recipients[0], peer)
                if peer.kind == "aiosmtpd":
                    self.assertEqual([o for o in mail.mail_options if "UTF8" in o], [])
                    self.assertIn("BODY=8BITMIME", mail.mail_options)
                else:
                    self.assertNotRegex(mail.received, "(?i)with utf8")

    def test_no_server_complains_of_the_dialogue(self):
        # Exim refuses input that comes too early; Postfix notes what is no mail client's way.
        self.assertNotIn("synchronization error", self.exim.log())
        self.assertNotIn("protocol error", self.exim.log())
        self.assertNotRegex(self.postfix.log(), "improper command pipelining|non-SMTP command|too many errors")
        self.assertNotRegex(self.postfix.log(), "(lost connection|timeout) after")

    def test_8bit_message_is_converted_where_8bitmime_is_missing(self):
        (peer,) = (peer for peer in self.peers if peer.note == _NO_8BITMIME)
        mail = self._mail(peer.recipients[0], peer)
        self.assertTrue(mail.untraced.isascii())
        sent = email.message_from_bytes(_raw_message(peer))
        self.assertEqual(
            mail.message.get_payload(decode=True).splitlines(), sent.get_payload(decode=True).splitlines()
        )
        # An address cannot be converted, and SMTPUTF8 without 8BITMIME is no offer (RFC 6531 §3.1).
        self._assert_unsupported(self.outcomes[peer].international.recipients[0], "5.6.3")


def _postfix_parameters(peer):
    hidden = {name for name in _EXTENSIONS if name not in peer.offers}
    if "TLS" in hidden:
        hidden = hidden - {"TLS"} | {"STARTTLS"}
    if peer.note == _NO_8BITMIME:
        hidden.add("8BITMIME")
    parameters = {"smtpd_discard_ehlo_keywords": ",".join(sorted(hidden))}
    if peer.note == _TLS12:
        parameters["smtpd_tls_protocols"] = "TLSv1.2"
    return parameters


if __name__ == "__main__":
    unittest.main()
