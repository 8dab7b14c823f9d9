"""mailstromd under test, and its API."""

import json
import os
import signal
import socket
import subprocess

import grpc

from harness import processes
from mailstrom.v1 import mailstrom_service_pb2, mailstrom_service_pb2_grpc

ADDRESS = "127.0.0.1:2626"


class MailstromServer:
    """One server with a database of its own, which outlives its restarts.

    `overrides` replace parts of the default configuration, such as
    {"delivery": {"retry": {"initial_delay": "2s"}}}.
    """

    def __init__(self, program, overrides=None, name="mailstromd"):
        self._program = program
        # On a disk, where a sync costs what it costs in production.
        directory = os.environ["TEST_TMPDIR"]
        self._log_path = os.path.join(directory, f"{name}.log")
        self.database = os.path.join(directory, f"{name}-db")
        self.configuration_path = os.path.join(directory, f"{name}.yaml")
        self._write(overrides or {})
        self._process = None
        self._channel = None

    def _write(self, overrides):
        configuration = {
            "listen_address": ADDRESS,
            "host_name": "mail.sender.test",
            "store": {"rocksdb": {"path": self.database}},
            "dns": {"servers": ["127.0.0.1@53"], "timeout": "5s"},
            "delivery": {"allow_private_destinations": True},
        }
        # JSON is YAML, too.
        with open(self.configuration_path, "w", encoding="utf-8") as file:
            json.dump(merge(configuration, overrides), file, indent=1)

    def start(self):
        seen = len(self.log())
        self._process = processes.spawn(
            [self._program, "--config", self.configuration_path], self._log_path
        )

        def is_serving():
            if self._process.poll() is not None:
                raise RuntimeError(f"mailstromd ended with {self._process.returncode}: {self.log()[-2000:]}")
            return any(line.get("event") == "serving" for line in parse_log(self.log()[seen:]))

        processes.wait_until(is_serving, 30, "mailstromd serving")
        self._channel = None

    def reload(self, overrides):
        """Replaces the configuration file, sends SIGHUP, and returns the event that the log tells of it."""
        seen = len(self.log())
        self._write(overrides)
        self._process.send_signal(signal.SIGHUP)

        def answer():
            events = (line.get("event", "") for line in parse_log(self.log()[seen:]))
            return next((event for event in events if event.startswith("policies ")), None)

        return processes.wait_until(answer, what="an answer to SIGHUP")

    def back_up(self):
        """Sends SIGUSR1; returns what the log tells of the backup, made or not."""
        seen = len(self.log())
        self._process.send_signal(signal.SIGUSR1)

        def answer():
            lines = parse_log(self.log()[seen:])
            return next((line for line in lines if "backup made" in line.get("event", "")), None)

        return processes.wait_until(answer, what="an answer to SIGUSR1")

    def kill(self):
        """As kill -9 does."""
        self._process.kill()
        self._process.wait()

    def signal(self, number):
        self._process.send_signal(number)

    def stop_running(self):
        """SIGSTOP, waited for: on a busy machine its threads run on for a moment."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WNOWAIT)

    def terminate(self):
        self._process.send_signal(signal.SIGTERM)

    def wait(self, timeout=40):
        """Waits for the end of the process; returns its exit code."""
        return self._process.wait(timeout)

    def stop(self):
        if self._channel:
            self._channel.close()
        processes.end(self._process, 40)

    def is_running(self):
        return self._process is not None and self._process.poll() is None

    @property
    def channel(self):
        if self._channel is None:
            self._channel = grpc.insecure_channel(
                ADDRESS,
                options=[
                    ("grpc.max_send_message_length", -1),
                    ("grpc.max_receive_message_length", -1),
                    # A channel of an earlier test must not share its connection, nor its pauses.
                    ("grpc.use_local_subchannel_pool", 1),
                    ("grpc.initial_reconnect_backoff_ms", 50),
                    ("grpc.max_reconnect_backoff_ms", 200),
                ],
            )
        return self._channel

    @property
    def api(self):
        return mailstrom_service_pb2_grpc.MailstromServiceStub(self.channel)

    def query(self, email_id):
        request = mailstrom_service_pb2.QueryStatusRequest(email_id=email_id)
        return self.api.QueryStatus(request, timeout=20).email

    def watch(self, email_ids, cursor="", timeout=60):
        """An iterator over the responses of a watch."""
        request = mailstrom_service_pb2.WatchStatusRequest(email_ids=email_ids, cursor=cursor)
        return self.api.WatchStatus(request, timeout=timeout)

    def wait_for_state(self, email_id, address, state, timeout=30):
        """The recipient as he first was in `state`."""
        for response in self.watch([email_id], timeout=timeout):
            recipients = [*response.snapshot.recipients, response.event.recipient]
            for recipient in recipients:
                if recipient.address == address and recipient.state == state:
                    return recipient
        raise AssertionError(f"{address} settled otherwise: {self.query(email_id)}")

    def wait_settled(self, email_id, timeout=60):
        """The email, once none of its recipients is under way."""
        for _ in self.watch([email_id], timeout=timeout):
            pass
        return self.query(email_id)

    def log(self):
        try:
            with open(self._log_path, encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def resident_bytes(self):
        """Memory of the process."""
        with open(f"/proc/{self._process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def written_bytes(self):
        """Size of the database's write-ahead logs: grows with whatever is stored."""
        names = [name for name in os.listdir(self.database) if name.endswith(".log")]
        return sum(os.path.getsize(os.path.join(self.database, name)) for name in names)


def parse_log(text):
    """The JSON objects of complete log lines."""
    lines = text[: text.rfind("\n") + 1].splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def merge(base, overrides):
    """`base` with `overrides` laid over it, nested objects member by member."""
    merged = dict(base)
    for key, value in overrides.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge(merged[key], value) if both else value
    return merged


def run_once(program, path, *options):
    """Runs `mailstromd` with options that make it end at once, such as `--check-config`."""
    return subprocess.run(
        [program, *options, "--config", path], capture_output=True, text=True, timeout=30
    )


def is_listening():
    host, _, port = ADDRESS.partition(":")
    with socket.socket() as client:
        return client.connect_ex((host, int(port))) == 0
