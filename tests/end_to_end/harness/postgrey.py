"""A real postgrey, which defers what it has not seen before."""

import os

from harness import processes


class Postgrey:
    """Answers Postfix at `host:port`; accepts a triplet of client, sender and recipient that comes back
    `delay` seconds or later after its first time."""

    def __init__(self, directory, host, port, delay):
        self._directory = os.path.join(directory, "postgrey")
        os.mkdir(self._directory)
        os.mkdir(os.path.join(self._directory, "db"))
        self.endpoint = f"{host}:{port}"
        self._delay = delay

    def start(self):
        nobody_is_exempt = os.path.join(self._directory, "exempt")
        with open(nobody_is_exempt, "w", encoding="utf-8"):
            pass
        log = os.path.join(self._directory, "log")
        database = os.path.join(self._directory, "db")
        process = processes.spawn(
            ["/usr/sbin/postgrey", f"--inet={self.endpoint}", f"--delay={self._delay}", f"--dbdir={database}"]
            + [f"--whitelist-clients={nobody_is_exempt}", f"--whitelist-recipients={nobody_is_exempt}"]
            + ["--auto-whitelist-clients=0", "--user=root", "--group=root"],
            log,
        )
        host, port = self.endpoint.split(":")
        processes.wait_for_listener(host, int(port), process, log)
