"""Every TLS mode against every way in which a server's TLS can be wrong. (Revocation is not checked.)"""

import os
import ssl
import unittest

from harness import bad_certificates, dns_server, mail_world, mailstrom_server, tls_peer
from harness.mail_world import recipients_by_address, send, simple_request
from mailstrom.v1 import email_pb2

Recipient = email_pb2.Recipient

# What is wrong, and what the sender is told where it matters.
_CERTIFICATES = {
    "good": None,
    "expired": "certificate: certificate has expired",
    "not_yet_valid": "certificate: certificate is not yet valid",
    "wrong_name": "certificate: Hostname mismatch",
    "self_signed": "certificate: self signed certificate",
    "unknown_authority": "certificate: unable to get local issuer certificate",
    "missing_intermediate": "certificate: unable to get local issuer certificate",
    "no_authority": "certificate: invalid CA certificate",
    "expired_intermediate": "certificate: certificate has expired",
    "client_only": "certificate: unsupported certificate purpose",
    "weak_key": "certificate: an RSA key of 1024 bits is too weak",
    "weak_signature": "certificate: a signature by ecdsa-with-SHA1 is too weak",
}

# Handshakes that cannot succeed.
_HANDSHAKES = {
    "only_tls_1_0": "handshake: .*(version|VERSION)",
    "garbage": "handshake",
    "hang_up": "handshake",
    "silence": "handshake: no answer in time",
}

_KINDS = [*_CERTIFICATES, *_HANDSHAKES]
_MODES = ["none", "opportunistic", "require", "verify"]


def _domain(kind, mode):
    return f"{kind.replace('_', '-')}.{mode}.test"


class CertificatesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = os.environ["TEST_SCRATCH"]
        certificates = bad_certificates.Certificates(directory)
        cls.peers = {}
        records = []
        for number, kind in enumerate(_KINDS, 1):
            address = f"127.0.60.{number}"
            host_name = f"mx.{kind.replace('_', '-')}.test"
            records.append(f"{host_name}. 60 IN A {address}")
            records += [f"{_domain(kind, mode)}. 60 IN MX 10 {host_name}." for mode in _MODES]
            handshake = cls._handshake(certificates, kind, host_name)
            cls.peers[kind] = tls_peer.TlsPeer(address, host_name, handshake)
        dns_server.DnsServer(directory, records).start()
        delivery = {
            "trust_store_file": certificates.root_path,
            "retry": {"initial_delay": "1h"},
            "timeouts": {"tls": "3s"},
            "sites": [
                {
                    "name": mode,
                    "domains": [_domain(kind, mode) for kind in _KINDS],
                    "tls": f"TLS_MODE_{mode.upper()}",
                }
                for mode in _MODES
            ],
        }
        cls.server = mailstrom_server.MailstromServer(mail_world.programs()[0], {"delivery": delivery})
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()
        cls.outcomes = cls._send_to_all()

    @staticmethod
    def _handshake(certificates, kind, host_name):
        if kind in _CERTIFICATES:
            return tls_peer.ServerTls(certificates.make(kind, host_name))
        if kind == "only_tls_1_0":
            return tls_peer.ServerTls(certificates.make("good", host_name), ssl.TLSVersion.TLSv1)
        return getattr(tls_peer, kind)

    @classmethod
    def _send_to_all(cls):
        """What came of one email to each domain, each as soon as its first attempt has ended."""
        addresses = {f"ann@{_domain(kind, mode)}" for kind in _KINDS for mode in _MODES}
        email = send(cls.server, simple_request(*sorted(addresses)))
        pending = set(addresses)
        for response in cls.server.watch([email.email_id]):
            if response.event.recipient.state != Recipient.STATE_QUEUED:
                pending.discard(response.event.recipient.address)
            for recipient in response.snapshot.recipients:
                if recipient.state != Recipient.STATE_QUEUED:
                    pending.discard(recipient.address)
            if not pending:
                break
        return recipients_by_address(cls.server.query(email.email_id))

    def _expect(self, kind, mode, reason):
        """`reason`: why it waits; `clear` or `encrypted` when it was delivered so."""
        address = f"ann@{_domain(kind, mode)}"
        recipient = self.outcomes[address]
        attempt = recipient.last_attempt
        with self.subTest(kind=kind, mode=mode):
            if reason in ("clear", "encrypted"):
                self.assertEqual(recipient.state, Recipient.STATE_DELIVERED, recipient)
                (version,) = self.peers[kind].version_for(address)
                self.assertEqual(version == "clear", reason == "clear")
                self.assertEqual(attempt.tls.split(" ")[0], "" if reason == "clear" else version)
            else:
                self.assertEqual(recipient.state, Recipient.STATE_DEFERRED, recipient)
                self.assertEqual(attempt.phase, email_pb2.Attempt.PHASE_TLS, recipient)
                self.assertRegex(attempt.description, "4.7.5 .*" + reason)
                self.assertNotIn(address, [asked for asked, _ in self.peers[kind].asked_for()])

    def test_none_never_tries(self):
        for kind in _KINDS:
            self._expect(kind, "none", "clear")

    def test_opportunistic_takes_any_certificate_and_goes_on_in_clear(self):
        for kind in _CERTIFICATES:
            self._expect(kind, "opportunistic", "encrypted")
        for kind in _HANDSHAKES:
            self._expect(kind, "opportunistic", "clear")

    def test_require_takes_any_certificate_and_never_goes_in_clear(self):
        for kind in _CERTIFICATES:
            self._expect(kind, "require", "encrypted")
        for kind, reason in _HANDSHAKES.items():
            self._expect(kind, "require", reason)

    def test_verify_takes_only_what_proves_the_host(self):
        for kind, reason in {**_CERTIFICATES, **_HANDSHAKES}.items():
            self._expect(kind, "verify", reason or "encrypted")


if __name__ == "__main__":
    unittest.main()
