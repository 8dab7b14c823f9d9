"""Mail servers that go wrong at one step of the dialogue."""

import ssl
import time

from harness import smtp_lines

# What the step's reply would be.
_REPLIES = {
    "greeting": b"220 mx ESMTP\r\n",
    "hello": b"250-mx\r\n250 STARTTLS\r\n",
    "starttls": b"220 go ahead\r\n",
    "mail": b"250 ok\r\n",
    "rcpt": b"250 ok\r\n",
    "data": b"354 go on\r\n",
    "end": b"250 taken\r\n",
}

STEPS = list(_REPLIES)

_BLOCK = 1 << 16


def hang_up(connection):
    connection.close()


def stop_in_mid_reply(connection):
    connection.sendall(b"250-hal")
    connection.close()


def silence(connection):
    while connection.recv(_BLOCK):
        pass


def drip(connection):
    """One byte at a time, each well before any time-out."""
    while True:
        connection.sendall(b"2")
        time.sleep(0.1)


def endless_lines(connection):
    while True:
        connection.sendall(b"250-and another thing\r\n" * 1000)


def long_line(connection):
    """A megabyte, and no end."""
    for _ in range(16):
        connection.sendall(b"2" * _BLOCK)
    silence(connection)


def garbage(connection):
    connection.sendall(bytes(range(256)) * 16 + b"\r\n")
    silence(connection)


MISDEEDS = [hang_up, stop_in_mid_reply, silence, drip, endless_lines, long_line, garbage]


class BadPeer:
    """Listens at `address` and does `misdeed` where the reply of `step` should come; None: injects a command's reply
    in clear behind the reply to STARTTLS, and goes on over TLS."""

    def __init__(self, address, step, misdeed, certificate, *, port=25):
        self._step = step
        self._misdeed = misdeed
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*certificate)
        # Commands that came over TLS.
        self.encrypted = []
        smtp_lines.serve((address, port), self._serve)

    def _serve(self, connection):
        self._reply(connection, "greeting")
        lines = smtp_lines.Lines(connection)
        secure = False
        while True:
            line = lines.read()
            if secure:
                self.encrypted.append(line)
            verb = line[:4].upper()
            if verb == b"EHLO" and secure:
                connection.sendall(b"250 mx\r\n")
            elif verb == b"EHLO":
                self._reply(connection, "hello")
            elif verb == b"STAR":
                self._reply(connection, "starttls")
                connection = self._context.wrap_socket(connection, server_side=True)
                lines = smtp_lines.Lines(connection)
                secure = True
            elif verb == b"MAIL":
                self._reply(connection, "mail")
            elif verb == b"RCPT":
                self._reply(connection, "rcpt")
            elif verb == b"DATA":
                self._reply(connection, "data")
                while lines.read() != b".":
                    pass
                self._reply(connection, "end")
            else:
                connection.sendall(b"221 bye\r\n")
                return

    def _reply(self, connection, step):
        if step != self._step:
            connection.sendall(_REPLIES[step])
        elif self._misdeed is None:
            connection.sendall(_REPLIES[step] + b"250-injected\r\n250 SMTPUTF8\r\n")
        else:
            self._misdeed(connection)
            raise EOFError
