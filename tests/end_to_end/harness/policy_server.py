"""Decides for a Postfix about each RCPT, and remembers what it was asked.

Speaks Postfix's policy protocol: http://www.postfix.org/SMTPD_POLICY_README.html.
"""

import collections
import dataclasses
import socketserver
import threading
import time

ACCEPT = "DUNNO"


@dataclasses.dataclass(frozen=True)
class RcptCommand:
    """One RCPT as the receiver saw it."""

    time: float
    sender: str
    recipient: str
    # The same for all RCPT commands of one SMTP transaction.
    transaction: str
    helo: str
    # TLS version, empty in clear.
    tls: str


class PolicyServer:
    """Listens at `address`. `rules` maps a recipient to a function of the number of the RCPT command
    for him, from 1, to an access(5) action such as `450 4.2.0 later`. Others are accepted."""

    def __init__(self, address):
        self.rules = {}
        self._lock = threading.Lock()
        self._commands = []
        self._counts = collections.Counter()
        policy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                policy.serve_connection(self.rfile, self.wfile)

        server = _Server(address, Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def commands(self, recipient=None):
        """All RCPT commands so far, or those for one recipient."""
        with self._lock:
            return [c for c in self._commands if recipient in (None, c.recipient)]

    def serve_connection(self, requests, answers):
        attributes = {}
        for line in requests:
            text = line.decode("utf-8", "replace").rstrip("\n")
            if text:
                name, _, value = text.partition("=")
                attributes[name] = value
                continue
            answers.write(f"action={self._decide(attributes)}\n\n".encode())
            attributes = {}

    def _decide(self, attributes):
        recipient = attributes.get("recipient", "")
        command = RcptCommand(
            time.time(),
            attributes.get("sender", ""),
            recipient,
            attributes.get("instance", ""),
            attributes.get("helo_name", ""),
            attributes.get("encryption_protocol", ""),
        )
        with self._lock:
            self._commands.append(command)
            self._counts[recipient] += 1
            count = self._counts[recipient]
        rule = self.rules.get(recipient)
        return rule(count) if rule else ACCEPT


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
