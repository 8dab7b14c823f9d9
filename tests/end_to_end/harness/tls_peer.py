"""Mail servers that do with TLS what they are told to."""

import ssl
import threading

from harness import processes, smtp_lines


class ServerTls:
    """Shows `certificate`, a pair of paths to a chain and its key, however bad it is."""

    def __init__(self, certificate, newest=ssl.TLSVersion.TLSv1_3):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # What OpenSSL itself would not serve with any more.
        self._context.set_ciphers("ALL:@SECLEVEL=0")
        self._context.minimum_version = ssl.TLSVersion.TLSv1
        self._context.maximum_version = newest
        self._context.load_cert_chain(*certificate)

    def __call__(self, connection):
        return self._context.wrap_socket(connection, server_side=True)


def garbage(connection):
    """Answers a handshake with what is none."""
    connection.sendall(b"\x00\xff what is this? \r\n" * 100)
    raise ConnectionAbortedError


def hang_up(_connection):
    """Breaks off instead of a handshake."""
    raise ConnectionAbortedError


def silence(connection):
    """Says nothing more, until the client has had enough."""
    while connection.recv(4096):
        pass
    raise ConnectionAbortedError


class TlsPeer:
    """Listens at `address`, offers STARTTLS, and then does `handshake`, which gives the encrypted socket.
    Takes every mail, in clear too."""

    def __init__(self, address, host_name, handshake, *, port=25):
        self._lock = threading.Lock()
        self._recipients = []
        self._host_name = host_name
        self._handshake = handshake
        smtp_lines.serve((address, port), self._serve)

    def asked_for(self):
        """Recipients that were named to it, each with the version of TLS, or none in clear."""
        with self._lock:
            return list(self._recipients)

    def version_for(self, recipient):
        """How the mail for a recipient came."""
        return processes.wait_until(
            lambda: [version or "clear" for address, version in self.asked_for() if address == recipient],
            what=f"mail for {recipient}",
        )

    def _serve(self, connection):
        version = ""
        lines = smtp_lines.Lines(connection)
        connection.sendall(f"220 {self._host_name} ESMTP\r\n".encode())
        while True:
            line = lines.read()
            verb = line[:4].upper()
            if verb == b"EHLO":
                connection.sendall(b"250 ok\r\n" if version else b"250-ok\r\n250 STARTTLS\r\n")
            elif verb == b"STAR":
                connection.sendall(b"220 go ahead\r\n")
                connection = self._handshake(connection)
                version = connection.version()
                lines = smtp_lines.Lines(connection)
            elif verb == b"RCPT":
                with self._lock:
                    self._recipients.append((line.split(b"<")[1].split(b">")[0].decode(), version))
                connection.sendall(b"250 ok\r\n")
            elif verb == b"DATA":
                connection.sendall(b"354 go on\r\n")
                while lines.read() != b".":
                    pass
                connection.sendall(b"250 taken\r\n")
            elif verb == b"QUIT":
                connection.sendall(b"221 bye\r\n")
                return
            else:
                connection.sendall(b"250 ok\r\n")
