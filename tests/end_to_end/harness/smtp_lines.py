"""What servers that a test writes itself have in common."""

import socketserver
import threading


class Lines:
    """Reads lines from a connection; EOFError at its end."""

    def __init__(self, connection):
        self._connection = connection
        self._bytes = b""

    def read(self):
        while b"\r\n" not in self._bytes:
            more = self._connection.recv(65536)
            if not more:
                raise EOFError
            self._bytes += more
        line, _, self._bytes = self._bytes.partition(b"\r\n")
        return line


def serve(address, handle):
    """Calls handle(connection) for each connection, in a thread of its own. An end of the connection may
    come up out of it."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            try:
                handle(self.request)
            except (OSError, EOFError):
                # The client went its way.
                pass

    threading.Thread(target=_Server(address, Handler).serve_forever, daemon=True).start()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 100
