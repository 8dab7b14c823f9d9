"""An unbound that knows the zones of a test and nothing else."""

import os
import socket

from harness import processes

ADDRESS = "127.0.0.1"
PORT = 53


class DnsServer:
    """Serves `records`, lines such as `a.test. 60 IN MX 10 mx.a.test.`, on 127.0.0.1:53.

    Every other name does not exist. Names under `servfail` zones are answered with SERVFAIL.
    """

    def __init__(self, directory, records, servfail=()):
        self._directory = os.path.join(directory, "dns")
        os.makedirs(self._directory)
        self._records = list(records)
        self._servfail = servfail

    def start(self):
        path = os.path.join(self._directory, "unbound.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self._configuration())
        log = os.path.join(self._directory, "unbound.log")
        processes.spawn(["unbound", "-d", "-c", path], log)
        processes.wait_until(answers, what="unbound answering")

    def _configuration(self):
        lines = [
            "server:",
            f"  interface: {ADDRESS}@{PORT}",
            "  do-daemonize: no",
            "  use-syslog: no",
            '  username: ""',
            '  chroot: ""',
            '  pidfile: ""',
            f'  directory: "{self._directory}"',
            '  module-config: "iterator"',
            # Forwarding to loopback is how a zone is made to fail.
            "  do-not-query-localhost: no",
            '  local-zone: "." static',
        ]
        # Texts of records stand in double quotes.
        lines += [f"  local-data: '{record}'" for record in self._records]
        lines += [f'  local-zone: "{zone}" transparent' for zone in self._servfail]
        for zone in self._servfail:
            # Nobody listens there, so the look-up fails at once.
            lines += ["forward-zone:", f'  name: "{zone}"', "  forward-addr: 127.0.0.1@9"]
        return "\n".join(lines) + "\n"


def answers():
    """Whether anyone does at that address."""
    # A query for the SOA of `test.`; any answer will do.
    query = b"\x12\x34\x01\x00\x00\x01" + bytes(6) + b"\x04test\x00" + b"\x00\x06\x00\x01"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.2)
        try:
            client.sendto(query, (ADDRESS, PORT))
            return client.recv(512)[:2] == b"\x12\x34"
        except OSError:
            return False
