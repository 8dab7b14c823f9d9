"""A sink in Python, for what smtp-sink cannot do: tell when each message arrives, acknowledge TCP segments at
once, and speak TLS.

smtp_sink.py HOST [CERTIFICATE KEY]    listens on HOST, port 25, and prints mesg=COUNT as smtp-sink does"""
import socket
import ssl
import sys
import threading


class Sink(threading.Thread):
    """Calls `arrived(recipients)` for each message at its final dot, before it answers. A quick one sends
    each TCP acknowledgement at once, so that a client that lets Nagle's algorithm hold back its last
    segment does not wait some 40 ms for the usual delayed one. With `tls`, an SSLContext, it offers
    STARTTLS."""
    def __init__(self, host, arrived, quick=False, tls=None):
        super().__init__(daemon=True)
        self.arrived, self.quick, self.tls = arrived, quick, tls
        self.server = socket.create_server((host, 25), backlog=100)

    def run(self):
        while True:
            conn, _ = self.server.accept()
            threading.Thread(target=self.serve, args=(conn,), daemon=True).start()

    def serve(self, conn):
        try:
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            conn.sendall(b"220 sink ESMTP\r\n")
            if self.talk(conn, offers_tls=self.tls is not None):
                self.talk(self.tls.wrap_socket(conn, server_side=True), offers_tls=False)
        except OSError:
            pass

    def talk(self, conn, offers_tls):
        """Until the client goes, or wants TLS: then True."""
        lines, rcpts, data = conn.makefile("rb"), [], False
        for line in lines:
            if self.quick:                 # has to be asked for again and again
                conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            if data:
                if line == b".\r\n":
                    self.arrived(rcpts)
                    conn.sendall(b"250 ok\r\n")
                    rcpts, data = [], False
                continue
            verb = line[:4].upper()
            if verb == b"EHLO":
                conn.sendall(b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
                             + b"250-STARTTLS\r\n" * offers_tls + b"250 ENHANCEDSTATUSCODES\r\n")
                continue
            if verb == b"STAR" and offers_tls:
                conn.sendall(b"220 go\r\n")
                return True
            if verb == b"RCPT":
                rcpts.append(line[line.index(b"<") + 1:line.index(b">")].decode())
            data = verb == b"DATA"
            conn.sendall(b"354 go\r\n" if data else b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
        return False


def main(host, certificate=None, key=None):
    count, lock = 0, threading.Lock()

    def arrived(_):
        nonlocal count
        with lock:
            count += 1
            print(f"mesg={count}", flush=True)

    tls = None
    if certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
    sink = Sink(host, arrived, tls=tls)
    sink.start()
    sink.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
