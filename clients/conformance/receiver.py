"""A real SMTP server, aiosmtpd, that takes mail for everybody, refuses some and defers others."""

import collections
import email
import email.policy
import threading

from aiosmtpd import controller

from harness import processes

ADDRESS = "127.0.0.1"
PORT = 2525

ReceivedMail = collections.namedtuple("ReceivedMail", "reverse_path message")


class Receiver:
    """Refuses recipients whose local-part begins with `refused`, and defers those with `twice` two times each."""

    def __init__(self):
        self._lock = threading.Lock()
        self._tries = collections.Counter()
        self._mail = collections.defaultdict(list)
        self._controller = controller.Controller(self, hostname=ADDRESS, port=PORT, server_hostname="mx.receiver.test")

    def start(self):
        self._controller.start()

    def stop(self):
        self._controller.stop()

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if address.startswith("refused"):
            return "550 5.1.1 Nobody of this name"
        with self._lock:
            self._tries[address] += 1
            if address.startswith("twice") and self._tries[address] <= 2:
                return "451 4.2.1 Come again"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        message = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        with self._lock:
            for recipient in envelope.rcpt_tos:
                self._mail[recipient].append(ReceivedMail(envelope.mail_from, message))
        return "250 2.0.0 OK"

    def mail(self, recipient):
        """What came for the recipient so far, oldest first."""
        with self._lock:
            return list(self._mail[recipient])

    def recipients(self, domain):
        """How often each recipient at the domain got something."""
        with self._lock:
            return {name: len(mail) for name, mail in self._mail.items() if mail and name.endswith("@" + domain)}

    def wait_for_mail(self, recipient, timeout=20):
        """The first mail for the recipient, as soon as it is there."""
        return processes.wait_until(lambda: self.mail(recipient), timeout, f"mail for {recipient}")[0]
