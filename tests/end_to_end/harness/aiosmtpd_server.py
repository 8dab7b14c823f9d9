"""A real aiosmtpd, in threads of the test itself."""

import collections
import ssl
import threading

from aiosmtpd import controller

from harness import processes


class _Handler:
    def __init__(self, server, address):
        self._server = server
        self._address = address

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if address.startswith("refused@"):
            return "550 5.1.1 Nobody of this name"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802
        tls = (session.ssl or {}).get("cipher")
        for recipient in envelope.rcpt_tos:
            self._server.add(
                recipient,
                ReceivedMail(
                    envelope.mail_from,
                    envelope.original_content,
                    envelope.smtp_utf8,
                    tuple(envelope.mail_options),
                    f"{tls[1]} {tls[0]}" if tls else "",
                ),
            )
        return "250 2.0.0 OK"


ReceivedMail = collections.namedtuple("ReceivedMail", "reverse_path data smtputf8 mail_options tls")


class AiosmtpdServer:
    """Listens on `port` of each address in `listeners`, a dict of addresses and the sets of extensions that
    are offered there: TLS, SMTPUTF8. It has neither PIPELINING nor CHUNKING. Refuses `refused@` any
    domain."""

    def __init__(self, host_name, certificate, listeners, *, port=25):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
        self._lock = threading.Lock()
        self._mail = []
        self._controllers = [
            controller.Controller(
                _Handler(self, address),
                hostname=address,
                port=port,
                server_hostname=host_name,
                tls_context=context if "TLS" in extensions else None,
                enable_SMTPUTF8="SMTPUTF8" in extensions,
            )
            for address, extensions in listeners.items()
        ]

    def start(self):
        for each in self._controllers:
            each.start()

    def add(self, recipient, mail):
        with self._lock:
            self._mail.append((recipient, mail))

    def mail(self, recipient):
        """What came for the recipient so far."""
        with self._lock:
            return [mail for address, mail in self._mail if address == recipient]

    def wait_for_mail(self, recipient, timeout=20):
        return processes.wait_until(lambda: self.mail(recipient), timeout, f"mail for {recipient}")
