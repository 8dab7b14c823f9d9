"""A caller who begins calls and does not end them."""

import socket

from h2 import config, connection, events

_SEND_EMAIL = "/mailstrom.v1.MailstromService/SendEmail"


class HalfSentCalls:
    """SendEmail, `count` times on one connection, each with all but the last byte of `size` bytes.

    `send` gives up once nothing moves for `patience` seconds, for a server may take only so much.
    """

    def __init__(self, address, count, size):
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)))
        self._http = connection.H2Connection(config.H2Configuration(client_side=True))
        self._left = {}
        self.sent_bytes = 0
        self._http.initiate_connection()
        for _ in range(count):
            stream = self._http.get_next_available_stream_id()
            self._http.send_headers(
                stream,
                [
                    (":method", "POST"),
                    (":scheme", "http"),
                    (":path", _SEND_EMAIL),
                    (":authority", "mailstrom.test"),
                    ("content-type", "application/grpc"),
                    ("te", "trailers"),
                ],
            )
            # Uncompressed, and its length.
            self._http.send_data(stream, b"\0" + size.to_bytes(4, "big"))
            self._left[stream] = size - 1

    def send(self, patience):
        self._socket.settimeout(patience)
        try:
            while self._left:
                self._send_what_fits()
                self._socket.sendall(self._http.data_to_send())
                self._receive()
        except (TimeoutError, ConnectionError):
            pass

    def _send_what_fits(self):
        for stream in list(self._left):
            while size := self._room_of(stream):
                self._http.send_data(stream, b"x" * size)
                self.sent_bytes += size
                self._left[stream] -= size
            if not self._left[stream]:
                del self._left[stream]

    def _room_of(self, stream):
        # Below zero when the server has taken back what it had given.
        window = max(self._http.local_flow_control_window(stream), 0)
        return min(window, self._left[stream], self._http.max_outbound_frame_size)

    def _receive(self):
        data = self._socket.recv(1 << 16)
        if not data:
            raise ConnectionError
        for event in self._http.receive_data(data):
            if isinstance(event, (events.StreamReset, events.StreamEnded)):
                self._left.pop(event.stream_id, None)
            elif isinstance(event, events.ConnectionTerminated):
                raise ConnectionError

    def close(self):
        self._socket.close()
