"""kill -9 while many emails are under way."""

import collections
import concurrent.futures
import threading
import time
import unittest

import grpc

from harness import mail_world, processes
from harness.mail_world import simple_request
from mailstrom.v1 import email_pb2

Recipient = email_pb2.Recipient

_EMAILS = 1000
_SENDERS = 8
# Most transactions at once, over the two mail hosts.
_CONNECTIONS = 40
# From the receiver's final reply to the mail in the mailbox, on a busy machine.
_STORE_SECONDS = 3.0


class Submission:
    """Hands emails over from several threads until enough of them are acknowledged."""

    def __init__(self, server):
        self._server = server
        self._lock = threading.Lock()
        self._serial = 0
        # Email id to its address.
        self.acknowledged = {}

    def run(self):
        with concurrent.futures.ThreadPoolExecutor(_SENDERS) as pool:
            for future in [pool.submit(self._send_many) for _ in range(_SENDERS)]:
                future.result()

    def _send_many(self):
        while True:
            with self._lock:
                if len(self.acknowledged) >= _EMAILS:
                    return
                self._serial += 1
                address = _address(self._serial)
            try:
                api = self._server.api
                email = api.SendEmail(simple_request(address), timeout=20).email
            except (grpc.RpcError, ValueError):
                # Not acknowledged, so nothing was promised; the server is away for a moment.
                time.sleep(0.05)
                continue
            with self._lock:
                self.acknowledged[email.email_id] = address


def _address(serial):
    """Every tenth is refused, every fifth greylisted; they go to two mail hosts."""
    kind = "refused" if serial % 10 == 0 else "grey" if serial % 5 == 1 else "plain"
    return f"{kind}{serial}@{'one' if serial % 2 else 'clear'}.test"


def _stored(hosts):
    return sum(len(host.mail()) for host in hosts)


class _Rules(dict):
    """Policy for every address, by its name."""

    def get(self, recipient, default=None):
        if recipient.startswith("refused"):
            return lambda count: "550 5.1.1 nobody here"
        if recipient.startswith("grey"):
            return lambda count: "450 4.2.0 greylisted" if count == 1 else "DUNNO"
        return default


class CrashTest(mail_world.MailTestCase):
    configuration = {
        "delivery": {
            "retry": {"initial_delay": "1s", "multiplier": 1, "max_retries": 20},
            "concurrency": {"max_connections_per_site": _CONNECTIONS // 2},
        }
    }

    def test_no_acknowledged_email_is_lost(self):
        hosts = (self.world.one, self.world.clear)
        for host in hosts:
            host.policy.rules = _Rules()
        submission = Submission(self.server)
        thread = threading.Thread(target=submission.run)
        thread.start()
        # One kill among the hand-overs, two among the deliveries.
        progress = (
            (lambda: len(submission.acknowledged), _EMAILS // 3),
            (lambda: _stored(hosts), _EMAILS // 4),
            (lambda: _stored(hosts), _EMAILS // 2),
        )
        kills = []
        for measure, goal in progress:
            processes.wait_until(lambda: measure() >= goal, 120, f"{goal} emails", 0.002)
            kills.append(time.time())
            self.server.kill()
            acknowledged, stored = len(submission.acknowledged), _stored(hosts)
            print(f"kill -9 when {acknowledged} were acknowledged and {stored} in mailboxes")
            self.assertGreater(acknowledged, stored)
            self.server.start()
        thread.join()

        emails = self.settle_all(list(submission.acknowledged))
        for host in hosts:
            processes.wait_until(host.queue_is_empty, 60, "empty receiver queue")
        copies = collections.defaultdict(list)
        for host in hosts:
            for mail in host.mail():
                copies[mail.recipient].append(mail)
        self.assert_outcomes_are_true(submission.acknowledged, emails, copies)
        self.count_duplicates(emails, copies, kills)

    def settle_all(self, email_ids):
        for start in range(0, len(email_ids), 1000):
            for _ in self.server.watch(email_ids[start : start + 1000], timeout=120):
                pass
        return {email_id: self.server.query(email_id) for email_id in email_ids}

    def assert_outcomes_are_true(self, acknowledged, emails, copies):
        outcomes = collections.Counter()
        lost = []
        for email_id, address in acknowledged.items():
            (recipient,) = emails[email_id].recipients
            self.assertEqual(recipient.address, address)
            outcomes[Recipient.State.Name(recipient.state)] += 1
            if recipient.state == Recipient.STATE_FAILED:
                self.assertTrue(address.startswith("refused"), recipient)
                self.assertNotIn(address, copies)
            elif recipient.state == Recipient.STATE_DELIVERED:
                if address not in copies:
                    lost.append(address)
            else:
                self.fail(f"neither delivered nor failed: {recipient}")
        print(
            f"NOTE: kill -9 three times: {len(acknowledged)} acknowledged, "
            f"{outcomes['STATE_DELIVERED']} delivered, {outcomes['STATE_FAILED']} failed, {len(lost)} lost"
        )
        self.assertEqual(lost, [])

    def count_duplicates(self, emails, copies, kills):
        """A second copy is excused only when the first one's outcome could not be recorded."""
        in_doubt = {r.address for email in emails.values() for r in email.recipients if r.in_doubt}
        counts = collections.Counter()
        unexcused = []
        for address, mails in copies.items():
            self.assertEqual(len({mail.message_id for mail in mails}), 1, address)
            for first, second in zip(mails, mails[1:]):
                cut = any(first.time >= kill - _STORE_SECONDS and second.time > kill for kill in kills)
                if address in in_doubt:
                    counts["in doubt"] += 1
                elif cut:
                    counts["cut off"] += 1
                else:
                    unexcused.append((address, first.time, second.time, kills))
        print(
            f"NOTE: duplicates: {counts['in doubt']} in doubt, {counts['cut off']} cut off between the "
            f"final reply and its record, {len(unexcused)} without excuse"
        )
        self.assertEqual(unexcused, [])
        # A kill cuts off no more than what was in transmission at that moment.
        self.assertLessEqual(counts["cut off"], _CONNECTIONS * len(kills))


if __name__ == "__main__":
    unittest.main()
