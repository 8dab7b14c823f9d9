"""What a scenario works with: one language's library, a server, a receiver."""

import contextlib
import os
import signal
import subprocess
import tempfile

from driver import Driver, DriverError
from harness import certificates, mailstrom_server
from receiver import ADDRESS, PORT, Receiver
from stopping_front import StoppingFront
from tls_front import TlsFront

_CONFIGURATION = {
    "delivery": {
        "relay": f"{ADDRESS}:{PORT}",
        # Deferred mail comes again while a scenario waits.
        "retry": {"initial_delay": "1s", "multiplier": 1, "jitter": 0, "max_retries": 50},
    },
    "watch": {"heartbeat_interval": "1s"},
}


class World:
    """One server and one receiver, for all scenarios of one language."""

    def __init__(self, language, driver, sdk, mailstromd):
        self.language = language
        # File name in the folder `sdk`.
        self.driver = driver
        self.sdk = sdk
        self.directory = tempfile.mkdtemp(dir=os.environ["TEST_SCRATCH"])
        self.receiver = Receiver()
        self.server = mailstrom_server.MailstromServer(
            mailstromd, _CONFIGURATION, os.path.basename(self.directory)
        )

    def start(self):
        self.receiver.start()
        self.server.start()

    def stop(self):
        self.server.stop()
        self.receiver.stop()


class Lab:
    """One run of one scenario. Everything of it has a domain and tags of its own."""

    def __init__(self, world, case, scenario):
        self.language = world.language
        self.server = world.server
        self.receiver = world.receiver
        self.directory = tempfile.mkdtemp(prefix=f"{scenario}-", dir=world.directory)
        self.domain = scenario.replace("_", "-") + ".test"
        self.tags = {"scenario": scenario}
        self._sdk = world.sdk
        self._program = os.path.join(world.sdk, world.driver)
        self._case = case
        self._driver = None
        self._environment = {
            "HOME": self.directory,
            "LANG": "C.UTF-8",
            "MAILSTROM_SERVER": mailstrom_server.ADDRESS,
            "PATH": "/usr/local/bin:/usr/bin:/bin",
        }
        self._cleanup = case.addCleanup
        self.equal = case.assertEqual
        self.true = case.assertTrue
        self.contains = case.assertIn

    @property
    def driver(self):
        """A connected driver, the same each time."""
        if self._driver is None:
            self._driver = self.new_driver()
        return self._driver

    def new_driver(self, server=mailstrom_server.ADDRESS, **credentials):
        driver = Driver(self._program, os.path.join(self.directory, "driver.log"), self._environment)
        self._cleanup(driver.close)
        driver.call("connect", server=server, **credentials)
        return driver

    def email(self, *names, **fields):
        """A small email to these local-parts; fields that are None are left out."""
        email = {
            "from": "ann@sender.test",
            "to": [f"{name}@{self.domain}" for name in names],
            "subject": "Hello",
            "text": "It works.\n",
            "tags": self.tags,
        }
        return email | fields

    def error(self, op, **fields):
        """The error that a command ends with."""
        with self._case.assertRaises(DriverError) as caught:
            self.driver.start(op, **fields)
            self.driver.collect()
        return caught.exception

    @contextlib.contextmanager
    def server_stopped(self):
        """The server neither answers nor goes away."""
        self.server.stop_running()
        try:
            yield
        finally:
            self.server.signal(signal.SIGCONT)

    def tls_front(self):
        """TLS before the server, the root that it goes by, and another one."""
        folders = [os.path.join(self.directory, name) for name in ("trusted", "stranger")]
        for folder in folders:
            os.mkdir(folder)
        trusted, stranger = (certificates.Authority(folder) for folder in folders)
        host, _, port = mailstrom_server.ADDRESS.partition(":")
        front = TlsFront(*trusted.sign(folders[0], "localhost"), host, int(port))
        front.start()
        self._cleanup(front.stop)
        return front, trusted.certificate_path, stranger.certificate_path

    def stopping_front(self):
        """What a server that stops does to calls, before the server."""
        front = StoppingFront(mailstrom_server.ADDRESS)
        front.start()
        self._cleanup(front.stop)
        return front

    def run_first_email(self):
        script = os.path.abspath(f"clients/{self.language}/first_email")
        return self._run([script, os.path.join(self._sdk, "package")])

    def run_example(self):
        return self._run([os.path.join(self._sdk, "example")])

    def _run(self, command):
        """In a fresh folder; the output."""
        folder = tempfile.mkdtemp(dir=self.directory)
        done = subprocess.run(
            command,
            cwd=folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        print(done.stdout, flush=True)
        self._case.assertEqual(done.returncode, 0, done.stdout[-2000:])
        return done.stdout

    def explain(self):
        """The last words of the server and the drivers."""
        logs = self.server.log().splitlines()[-15:]
        path = os.path.join(self.directory, "driver.log")
        if os.path.exists(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                logs += file.read().splitlines()[-30:]
        return "\n".join(logs)


