"""The Internet of the tests, on 127.0.0.0/8: zones, mail hosts, and a base for test cases.

    one.test       Postfix at 127.0.0.2 with STARTTLS
    clear.test     Postfix at 127.0.0.3 without
    backup.test    a first MX where nobody listens, a second one at 127.0.0.2
    implicit.test  no MX, its own address is 127.0.0.2
    null.test      null MX (RFC 7505)
    dead.test      its only MX does not listen
    silent.test    its only MX is 127.0.0.8, where a test may listen
    broken.test    DNS answers SERVFAIL
    anything else  does not exist
"""

import os
import sys
import unittest

from harness import dns_server, mailstrom_server, postfix
from mailstrom.v1 import content_pb2, mailstrom_service_pb2

_RECORDS = [
    "one.test. 60 IN MX 10 mx.one.test.",
    "mx.one.test. 60 IN A 127.0.0.2",
    "clear.test. 60 IN MX 10 mx.clear.test.",
    "mx.clear.test. 60 IN A 127.0.0.3",
    "backup.test. 60 IN MX 10 dead.backup.test.",
    "backup.test. 60 IN MX 20 mx.one.test.",
    "dead.backup.test. 60 IN A 127.0.0.9",
    "implicit.test. 60 IN A 127.0.0.2",
    "null.test. 60 IN MX 0 .",
    "dead.test. 60 IN MX 10 mx.dead.test.",
    "mx.dead.test. 60 IN A 127.0.0.9",
    "silent.test. 60 IN MX 10 mx.silent.test.",
    "mx.silent.test. 60 IN A 127.0.0.8",
]

SENDER = "ann@sender.test"


def programs():
    """Paths of mailstromd and mailstrom, which the build passes as arguments."""
    return os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])


class MailWorld:
    """DNS and mail hosts, started once for all the cases of a class."""

    def __init__(self):
        # Postfix and its mailbox have users of their own, who must get there.
        self.directory = os.environ["TEST_SCRATCH"]
        self.dns = dns_server.DnsServer(self.directory, _RECORDS, servfail=["broken.test."])
        self.one = postfix.Postfix(
            self.directory, "127.0.0.2", "mx.one.test", ["one.test", "backup.test", "implicit.test"]
        )
        self.clear = postfix.Postfix(
            self.directory, "127.0.0.3", "mx.clear.test", ["clear.test"], starttls=False
        )

    def start(self):
        self.dns.start()
        self.one.start()
        self.clear.start()


class MailTestCase(unittest.TestCase):
    """Cases that share one world and, unless they start their own, one server. One such class a file:
    a world takes fixed addresses and ports, which a test program has to itself."""

    # Laid over the server's default configuration.
    configuration = {}
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        # It ends with the test's namespaces, so nothing stops it.
        cls.world = MailWorld()
        cls.world.start()
        cls.server = mailstrom_server.MailstromServer(programs()[0], cls.configuration)
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()

    def new_server(self, overrides=None):
        """A server of this case alone, with a database of its own; takes the place of the shared one
        until the case ends."""
        shared = type(self).server
        shared.stop()
        name = "mailstromd-" + self.id().rpartition(".")[2]
        server = mailstrom_server.MailstromServer(programs()[0], overrides or {}, name)
        self.addCleanup(shared.start)
        self.addCleanup(server.stop)
        server.start()
        return server

    def run(self, result=None):
        """As ever, and prints the server's last words when the case failed."""
        before = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > before:
            last = "\n".join(self.server.log().splitlines()[-15:])
            print(f"--- mailstromd's log before {self.id()} failed:\n{last}")
        return result


def simple_request(*recipients, sender=SENDER, subject="Hello", text="Hi there.\n"):
    """A request for a small email from `sender` to `recipients`."""
    content = content_pb2.Content(subject=subject, text=text)
    content.__getattribute__("from").add().mailbox.address = sender
    for recipient in recipients:
        content.to.add().mailbox.address = recipient
    return mailstrom_service_pb2.SendEmailRequest(content=content)


def send(server, request, timeout=30):
    """Sends one email; returns it as accepted."""
    return server.api.SendEmail(request, timeout=timeout, wait_for_ready=True).email


def recipients_by_address(email):
    return {recipient.address: recipient for recipient in email.recipients}
