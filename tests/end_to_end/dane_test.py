"""DANE with zones that are really signed, a resolver that really validates, and servers that really speak TLS."""

import os
import unittest

from harness import bad_certificates, mail_world, mailstrom_server, signed_zones, tls_peer
from harness.mail_world import recipients_by_address, send, simple_request
from mailstrom.v1 import email_pb2, mailstrom_service_pb2

Recipient = email_pb2.Recipient

_DANE_NOTE = "DNSSEC asks for TLS with a host that its TLSA records name"

# Hosts, each the MX of a domain: in which zone, and how it treats a handshake.
_HOSTS = {
    # Its TLSA record names its key; the certificate proves nothing else.
    "key": ("signed.test.", "self_signed"),
    "expired": ("signed.test.", "expired"),
    # Its TLSA record names who signed it.
    "authority": ("signed.test.", "good"),
    # Its TLSA record names another key.
    "mismatch": ("signed.test.", "good"),
    # Someone on the way breaks its handshakes.
    "stripped": ("signed.test.", None),
    # Signed, without TLSA records.
    "silent": ("signed.test.", "self_signed"),
    # Someone on the way changed its MX record, or its TLSA record.
    "mx": ("forged-mx.test.", "self_signed"),
    "tlsa": ("forged-tlsa.test.", "self_signed"),
    # Not signed, so its TLSA records do not count.
    "open": ("unsigned.test.", "self_signed"),
    "openbroken": ("unsigned.test.", None),
}


class DaneTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = os.environ["TEST_SCRATCH"]
        certificates = bad_certificates.Certificates(directory)
        zones = {zone: [] for zone, _ in _HOSTS.values()}
        cls.peers = {}
        for number, (name, (zone, kind)) in enumerate(_HOSTS.items(), 1):
            host_name = f"mx.{name}.{zone}"
            handshake = tls_peer.hang_up
            tlsa = "3 1 1 " + "00" * 32
            if kind is not None:
                certificate = certificates.make(kind, host_name.rstrip("."))
                handshake = tls_peer.ServerTls(certificate)
                if name not in ("mismatch", "open"):
                    tlsa = signed_zones.tlsa_of_key(certificate[0])
            if name == "authority":
                tlsa = signed_zones.tlsa_of_authority(certificates.intermediate_path)
            address = f"127.0.70.{number}"
            cls.peers[name] = tls_peer.TlsPeer(address, host_name, handshake)
            zones[zone] += [f"{name}.{zone} IN MX 10 {host_name}", f"{host_name} IN A {address}"]
            if name != "silent":
                zones[zone].append(f"_25._tcp.{host_name} IN TLSA {tlsa}")
        dns = signed_zones.SignedZones(
            directory,
            zones,
            unsigned=["unsigned.test."],
            forged={
                "forged-mx.test.": ("MX\t10 mx.mx.forged-mx", "MX\t11 mx.mx.forged-mx"),
                "forged-tlsa.test.": ("TLSA\t3 1 1 ", "TLSA\t3 1 2 "),
            },
        )
        dns.start()
        configuration = {
            "dns": {"trust_anchor_file": dns.anchor_path},
            "delivery": {"retry": {"initial_delay": "1h"}},
        }
        cls.server = mailstrom_server.MailstromServer(mail_world.programs()[0], configuration)
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()

    def _attempt(self, name):
        """The recipient after his first attempt, and all that was said in it."""
        address = f"ann@{name}.{_HOSTS[name][0]}".rstrip(".")
        email = send(self.server, simple_request(address))
        for response in self.server.watch([email.email_id]):
            states = [recipient.state for recipient in response.snapshot.recipients]
            if set(states + [response.event.recipient.state]) - {0, Recipient.STATE_QUEUED}:
                break
        recipient = recipients_by_address(self.server.query(email.email_id))[address]
        request = mailstrom_service_pb2.QueryDialoguesRequest(email_id=email.email_id)
        dialogues = self.server.api.QueryDialogues(request, timeout=20).dialogues
        return recipient, "\n".join(line.text for dialogue in dialogues for line in dialogue.lines)

    def _assert_delivered(self, name, dane, encrypted=True):
        recipient, said = self._attempt(name)
        self.assertEqual(recipient.state, Recipient.STATE_DELIVERED, recipient)
        (version,) = self.peers[name].version_for(recipient.address)
        self.assertEqual(version != "clear", encrypted)
        self.assertEqual(_DANE_NOTE in said, dane, said)

    def _assert_waits(self, name, reason):
        recipient, _ = self._attempt(name)
        self.assertEqual(recipient.state, Recipient.STATE_DEFERRED, recipient)
        self.assertRegex(recipient.last_attempt.description, reason)
        # Not even the address was told.
        self.assertEqual(self.peers[name].asked_for(), [])

    def test_host_whose_key_is_named_gets_its_mail(self):
        self._assert_delivered("key", dane=True)

    def test_named_key_needs_no_date(self):
        self._assert_delivered("expired", dane=True)

    def test_host_whose_authority_is_named_gets_its_mail(self):
        self._assert_delivered("authority", dane=True)

    def test_other_key_gets_nothing(self):
        self._assert_waits("mismatch", "^4.7.5 .*no TLSA record holds for it")

    def test_broken_handshake_is_no_reason_for_clear_text(self):
        self._assert_waits("stripped", "^4.7.5 ")

    def test_host_without_records_is_opportunistic(self):
        self._assert_delivered("silent", dane=False)

    def test_forged_mx_is_not_followed(self):
        self._assert_waits("mx", "^4.4.3 .*(bogus|SERVFAIL)")

    def test_forged_tlsa_is_no_downgrade(self):
        self._assert_waits("tlsa", "^4.7.5 .*could not be found out.*(bogus|SERVFAIL)")

    def test_records_without_signatures_do_not_count(self):
        self._assert_delivered("open", dane=False)
        self._assert_delivered("openbroken", dane=False, encrypted=False)


if __name__ == "__main__":
    unittest.main()
