"""The life of the manifests' pod under load: an upgrade, a drain, kill -9, and a move to another address.

The server's arguments, configuration, mounts, rights and probes are those that the chart renders; a client library
sends and watches all the while, through the one address of the Service.
"""

import collections
import json
import os
import subprocess
import sys
import tarfile
import threading
import time
import unittest

import grpc
import rendering

from harness import pod, processes, service_address, smtp_receiver
from mailstrom.v1 import email_pb2, mailstrom_service_pb2, mailstrom_service_pb2_grpc

_MAILSTROMD, _SDK, _OLD_STORE = (os.path.abspath(path) for path in sys.argv[1:4])
# Of the Service; the port is the one that its clients know.
_SERVICE = "10.96.0.10"
_PORT = 2626

_EMAILS = 10_000
_PER_SECOND = 500
# From the receiver's final reply to its record, on a busy machine.
_RECORD_SECONDS = 2.0
# Most transactions at once.
_CONNECTIONS = 20
_VALUES = {
    "hostName": "mail.sender.test",
    "config": {
        "delivery": {
            "relay": f"{pod.GATEWAY}:25",
            "allow_private_destinations": True,
            # What is in doubt after a drain comes again soon.
            "retry": {"initial_delay": "1s", "multiplier": 1, "max_retries": 20},
            "concurrency": {"max_connections_per_site": _CONNECTIONS},
        }
    },
}
# What a server of schema version 1 had queued when it was stopped: its emails' ids to their recipients that were not
# delivered yet.
with open(os.path.join(os.path.dirname(_OLD_STORE), "store_version_1.json"), encoding="utf-8") as _file:
    _OLD_EMAILS = json.load(_file)


class Sender:
    """The client's program, and what it said so far."""

    def __init__(self):
        self.accepted = {}
        self.settled = collections.defaultdict(list)
        self.errors = []
        self.longest_seconds = None
        self._process = subprocess.Popen(
            [os.path.join(_SDK, "steady_sender"), f"{_SERVICE}:{_PORT}", str(_EMAILS), str(_PER_SECOND)],
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            ((name, value),) = json.loads(line).items()
            if name == "accepted":
                self.accepted[value[0]] = value[1]
            elif name == "settled":
                self.settled[value[0]].append(value[1])
            elif name == "error":
                self.errors.append(value)
            else:
                self.longest_seconds = value

    def wait(self, timeout):
        code = self._process.wait(timeout)
        self._reader.join()
        return code

    def stop(self):
        self._process.kill()
        self._process.wait()


class PodLifeTest(unittest.TestCase):
    def setUp(self):
        self.volume = os.path.join(os.environ["TEST_TMPDIR"], "volume")
        with tarfile.open(_OLD_STORE) as archive:
            archive.extractall(self.volume)
        pod.make_network()
        processes.run(["ip", "address", "add", f"{_SERVICE}/32", "dev", "lo"])
        self.receiver = smtp_receiver.SmtpReceiver(pod.GATEWAY)
        self.service = service_address.ServiceAddress(_SERVICE, _PORT)
        self.service.start()
        self.addCleanup(self.service.stop)
        self.objects = rendering.chart(_VALUES)
        self.pods = []

    def start_pod(self):
        """The next pod of the StatefulSet; on another node, so at another address."""
        address = f"10.64.0.{11 + len(self.pods)}"
        files = {"/usr/bin/mailstromd": _MAILSTROMD}
        new = pod.Pod(self.objects, files, self.volume, address, self.service.lead_to)
        self.pods.append(new)
        self.addCleanup(new.stop)
        new.start()
        return new

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            for each in self.pods:
                with open(each.log_path, encoding="utf-8") as log:
                    print(f"--- {each.address}:\n" + "".join(log.readlines()[-15:]))

    def test_nothing_is_lost_and_clients_see_no_error(self):
        begin = time.monotonic()
        sender = Sender()
        self.addCleanup(sender.stop)

        def accepted(count):
            if sender.errors:
                self.fail(sender.errors[0])
            processes.wait_until(lambda: len(sender.accepted) >= count, 60, f"{count} accepted", 0.005)

        # It comes before the pod, whose server finds what an older version left on the volume.
        processes.wait_until(lambda: self.service.refused > 0, what="a call while no pod is ready")
        first = self.start_pod()
        accepted(_EMAILS // 5)
        with open(first.log_path, encoding="utf-8") as log:
            self.assertIn("database is brought up to date", log.read())

        # Another image or configuration: the pod is deleted, and made anew.
        drain = first.delete()
        self.assertEqual(drain[0], 0)
        second = self.start_pod()
        accepted(2 * _EMAILS // 5)

        kills = [time.time()]
        second.crash()
        accepted(3 * _EMAILS // 5)

        # The node is drained: another address, the same volume.
        move = second.delete()
        self.assertEqual(move[0], 0)
        third = self.start_pod()
        accepted(4 * _EMAILS // 5)

        # The container is killed with its node: nobody drains it.
        kills.append(time.time())
        third.stop()
        fourth = self.start_pod()
        self.assertEqual(sender.wait(60), 0)

        self.assertEqual(sender.errors, [])
        self.assertEqual(len(sender.accepted), _EMAILS)
        self.assertEqual([complaint for each in self.pods for complaint in each.complaints], [])
        self.check_old_emails(fourth)
        counts = self.check_deliveries(sender, fourth, kills)
        self.assertEqual(fourth.delete()[0], 0)
        print(
            f"NOTE: {_EMAILS} emails through an upgrade, a drain ({drain[1]:.1f} s), kill -9, a move "
            f"({move[1]:.1f} s) and the loss of a node in {time.monotonic() - begin:.0f} s: 0 lost, 0 errors, "
            f"{counts['in doubt']} in doubt, {counts['cut off']} delivered again because a kill came between the "
            f"final reply and its record; longest call {sender.longest_seconds} s, {self.service.refused} "
            f"connections refused"
        )

    def api(self, server):
        channel = grpc.insecure_channel(f"{server.address}:{_PORT}")
        self.addCleanup(channel.close)
        return mailstrom_service_pb2_grpc.MailstromServiceStub(channel)

    def query(self, api, email_id):
        request = mailstrom_service_pb2.QueryStatusRequest(email_id=email_id)
        return api.QueryStatus(request, timeout=20, wait_for_ready=True).email

    def check_old_emails(self, server):
        arrived = {recipient for recipient, _ in self.receiver.arrivals()}
        for email_id, recipients in _OLD_EMAILS.items():
            email = self.query(self.api(server), email_id)
            self.assertEqual(email.state, email_pb2.Email.STATE_SETTLED, email)
            self.assertEqual(
                {recipient.state for recipient in email.recipients}, {email_pb2.Recipient.STATE_DELIVERED}, email
            )
            self.assertLessEqual(set(recipients), arrived)

    def check_deliveries(self, sender, server, kills):
        """Every email that was accepted came, and none twice without a reason that a promise allows."""
        copies = collections.defaultdict(list)
        for recipient, arrival in self.receiver.arrivals():
            copies[recipient].append(arrival)
        expected = {f"p{number}@run.test" for number in sender.accepted}
        for recipients in _OLD_EMAILS.values():
            expected.update(recipients)
        # Nothing came that was not acknowledged: each call that was repeated made one email.
        self.assertEqual(set(copies), expected)
        self.assertEqual(
            collections.Counter(tuple(states) for states in sender.settled.values()),
            {("STATE_DELIVERED",): _EMAILS},
        )
        self.assertEqual(set(sender.settled), set(sender.accepted.values()))

        ids = {f"p{number}@run.test": email_id for number, email_id in sender.accepted.items()}
        counts = collections.Counter()
        api = self.api(server)
        for recipient, arrivals in copies.items():
            for first, second in zip(arrivals, arrivals[1:]):
                if self.query(api, ids[recipient]).recipients[0].in_doubt:
                    counts["in doubt"] += 1
                elif any(abs(first - kill) < _RECORD_SECONDS and second > kill for kill in kills):
                    counts["cut off"] += 1
                else:
                    self.fail(f"{recipient} came twice, at {first} and {second}; kills at {kills}")
        # A kill cuts off no more than was in transmission at that moment.
        self.assertLessEqual(counts["cut off"], _CONNECTIONS * len(kills))
        return counts


if __name__ == "__main__":
    unittest.main()
