"""kill -9 at every step of an attempt, as the receiving mail server sees it."""

import email
import itertools
import os
import threading
import time
import unittest

import grpc

from harness import dns_server, feed, mail_world, mailstrom_server, processes, smtp_receiver
from harness.mail_world import send, simple_request
from mailstrom.v1 import email_pb2

_ADDRESS = "127.0.0.8"
# Sessions of one email that are cut off, one after the other.
_KILLS = 2
_BEFORE_THE_END = smtp_receiver.STEPS[: smtp_receiver.STEPS.index("final dot")]


class AttemptCrashTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        dns_server.DnsServer(
            os.environ["TEST_SCRATCH"],
            ["there.test. 60 IN MX 10 mx.there.test.", f"mx.there.test. 60 IN A {_ADDRESS}"],
        ).start()
        # Held by whoever starts or kills the server: a session may come before the start is over.
        cls.life = threading.Lock()
        cls.receiver = smtp_receiver.SmtpReceiver(_ADDRESS)
        cls.server = mailstrom_server.MailstromServer(
            mail_world.programs()[0],
            {
                "delivery": {"retry": {"initial_delay": "1s", "multiplier": 1, "max_retries": 20}},
                "watch": {"heartbeat_interval": "1s"},
            },
        )
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()
        cls.feed = feed.Feed(cls.server)
        cls.feed.start()
        cls.addClassCleanup(cls.feed.end)

    def restart(self):
        self.server.kill()
        self.server.start()

    def revive(self):
        """Starts the server if it has died."""
        with self.life:
            if not self.server.is_running():
                self.server.start()
                self.deaths += 1

    def kill_at(self, step):
        """Kills the server when a session comes to the step, the first times."""
        kills = itertools.count(1)

        def at_step(reached):
            if reached == step and next(kills) <= _KILLS:
                with self.life:
                    self.server.kill()
                raise ConnectionAbortedError("the sender is dead")

        self.receiver.at_step = at_step

    def settle(self, email_id):
        """The settled email."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            self.revive()
            try:
                found = self.server.query(email_id)
            except grpc.RpcError:
                continue
            if found.recipients[0].state in feed.FINAL:
                return found
            time.sleep(0.02)
        self.fail(f"not settled: {self.server.query(email_id)}")

    def check(self, step):
        address = f"{step.replace(' ', '-').lower()}@there.test"
        # Without a connection that is kept for the next email.
        self.restart()
        self.kill_at(step)
        self.deaths = 0
        email_id = self.accept(address)
        found = self.settle(email_id)
        self.assertEqual(found.recipients[0].state, email_pb2.Recipient.STATE_DELIVERED)
        arrived = len(self.receiver.messages(address))
        if step in _BEFORE_THE_END:
            self.assertEqual((self.deaths, arrived), (_KILLS, 1))
        elif step == "final dot":
            # Nobody knows of a message that was not replied to, so it is sent again.
            self.assertEqual((self.deaths, arrived), (_KILLS, _KILLS + 1))
        else:
            # The reply may have been recorded in time.
            self.assertLessEqual(arrived, self.deaths + 1)
        ids = {email.message_from_bytes(data)["Message-ID"] for data in self.receiver.messages(address)}
        self.assertEqual(len(ids), 1)

        # Delivered is for ever: what is due comes in order, so a second time would come before this one.
        self.receiver.at_step = lambda step: None
        self.restart()
        after = send(self.server, simple_request(f"after-{address}"))
        self.server.wait_settled(after.email_id)
        self.assertEqual(len(self.receiver.messages(address)), arrived)
        self.assertEqual(self.server.query(email_id), found)
        self.assert_feed_tells(email_id, address, found)
        print(f"NOTE: kill -9 at {step}: {self.deaths} kills, arrived {arrived} times, delivered")

    def accept(self, address):
        """The email is acknowledged; what kills the server may come at once."""
        request = simple_request(address)
        # The first step may come before the answer does, which then is lost.
        request.request_id = address
        while True:
            try:
                return self.server.api.SendEmail(request, timeout=20).email.email_id
            except grpc.RpcError:
                self.revive()

    def assert_feed_tells(self, email_id, address, found):
        last = (found.revision, found.recipients[0].state)
        key = email_id, address
        processes.wait_until(
            lambda: key in self.feed.changes and self.feed.changes[key][-1] == last,
            what="the feed to tell of the delivery",
        )
        states = [state for _, state in self.feed.changes[key]]
        self.assertEqual(states[0], email_pb2.Recipient.STATE_QUEUED)
        self.assertEqual([state for state in states[:-1] if state in feed.FINAL], [])


def _add_cases():
    for step in smtp_receiver.STEPS:
        name = f"test_kill_at_{step.replace(' ', '_').lower()}"
        setattr(AttemptCrashTest, name, lambda self, step=step: self.check(step))


_add_cases()


if __name__ == "__main__":
    unittest.main()
