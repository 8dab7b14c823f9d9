"""A mail server that stops at each step of a session for the test to do something."""

import socketserver
import threading
import time

# In order. `content`: a part of the message is there; `final dot`: all of it, and no reply was given;
# `final reply`: one was.
STEPS = ("connect", "EHLO", "MAIL", "RCPT", "DATA", "content", "final dot", "final reply")


class SmtpReceiver:
    """Listens at `address`; takes every message, without any extension. `at_step` is called with each of
    STEPS as a session comes to it; an OSError of its ends the session."""

    def __init__(self, address):
        self.at_step = lambda step: None
        self._lock = threading.Lock()
        self._messages = []
        receiver = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                try:
                    receiver.serve_session(self.rfile, self.wfile)
                except OSError:
                    # The sender is dead.
                    pass

        server = _Server((address, 25), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def messages(self, recipient):
        """Those that arrived whole so far, as bytes, whether or not a reply could be given."""
        with self._lock:
            return [data for address, data, _ in self._messages if address == recipient]

    def arrivals(self):
        """As messages(): of all, the recipient and the time since 1970 when it had arrived."""
        with self._lock:
            return [(address, arrival) for address, _, arrival in self._messages]

    def serve_session(self, commands, replies):
        def say(line):
            replies.write(line + b"\r\n")

        self.at_step("connect")
        say(b"220 mx.test")
        recipient = ""
        for line in commands:
            verb = line[:4].upper().decode().strip()
            if verb in STEPS:
                self.at_step(verb)
            if verb == "RCPT":
                recipient = line.partition(b"<")[2].partition(b">")[0].decode()
            if verb == "DATA":
                say(b"354 go on")
                data = self._read_content(commands)
                with self._lock:
                    self._messages.append((recipient, data, time.time()))
                self.at_step("final dot")
                say(b"250 2.0.0 taken")
                self.at_step("final reply")
                continue
            say(b"221 2.0.0 bye" if verb == "QUIT" else b"250 2.0.0 ok")
            if verb == "QUIT":
                return

    def _read_content(self, commands):
        lines = [commands.readline()]
        self.at_step("content")
        while lines[-1] != b".\r\n":
            if not lines[-1]:
                raise ConnectionError("cut off")
            lines.append(commands.readline())
        return b"".join(lines[:-1])


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
