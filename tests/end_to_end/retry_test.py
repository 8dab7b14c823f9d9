"""When the server tries again, and when it gives up, by the receiver's clock."""

import socket
import unittest

from harness import mail_world
from harness.mail_world import recipients_by_address, send, simple_request
from mailstrom.v1 import email_pb2

Recipient = email_pb2.Recipient

_INITIAL_DELAY = 2.0
_JITTER = 0.1
# How late an attempt may be on a busy machine; still less than doubling without a cap would add.
_LATE = 4


def _gaps(commands):
    times = [command.time for command in commands]
    return [later - earlier for earlier, later in zip(times, times[1:])]


class RetryTest(mail_world.MailTestCase):
    configuration = {
        "delivery": {
            "retry": {
                "max_retries": 3,
                "initial_delay": f"{_INITIAL_DELAY:g}s",
                "multiplier": 2,
                "max_delay": "3s",
                "jitter": _JITTER,
            }
        }
    }

    def assert_gaps(self, commands, delays):
        gaps = _gaps(commands)
        self.assertEqual(len(gaps), len(delays), gaps)
        for gap, delay in zip(gaps, delays):
            # The delay runs from the end of an attempt, which the receiver's clock does not see.
            self.assertGreaterEqual(gap, delay - 0.01, gaps)
            self.assertLessEqual(gap, delay * (1 + _JITTER) + _LATE, gaps)

    def test_greylisted_first_and_accepted_on_retry(self):
        self.world.one.policy.rules["grey@one.test"] = (
            lambda count: "450 4.2.0 greylisted" if count == 1 else "DUNNO"
        )
        email = send(self.server, simple_request("grey@one.test", "prompt@one.test"))

        recipient = self.server.wait_for_state(
            email.email_id, "grey@one.test", Recipient.STATE_DEFERRED
        )
        self.assertEqual(recipient.last_attempt.reply.code, 450)
        self.assertEqual(recipient.last_attempt.reply.enhanced_code, "4.2.0")
        due = recipient.next_attempt_time.ToMicroseconds() / 1e6

        recipients = recipients_by_address(self.server.wait_settled(email.email_id))
        grey = recipients["grey@one.test"]
        self.assertEqual(grey.state, Recipient.STATE_DELIVERED, grey)
        self.assertEqual(grey.attempt_count, 2)
        self.assertEqual(recipients["prompt@one.test"].attempt_count, 1)
        commands = self.world.one.policy.commands("grey@one.test")
        self.assert_gaps(commands, [_INITIAL_DELAY])
        self.assertGreaterEqual(commands[1].time, due - 0.01)
        # Greylisting knows a retry by the same sender, recipient and peer.
        self.assertEqual(commands[0].sender, commands[1].sender)
        self.assertEqual(commands[0].helo, "mail.sender.test")
        self.world.one.wait_for_mail("grey@one.test")
        self.world.one.wait_for_mail("prompt@one.test")
        self.assertEqual(len(self.world.one.mail("prompt@one.test")), 1)

    def test_gives_up_after_the_last_retry(self):
        self.world.one.policy.rules["never@one.test"] = lambda count: "451 4.3.0 not today"
        email = send(self.server, simple_request("never@one.test"))
        (recipient,) = self.server.wait_settled(email.email_id).recipients

        self.assertEqual(recipient.state, Recipient.STATE_FAILED, recipient)
        self.assertEqual(recipient.failure_cause, email_pb2.FAILURE_CAUSE_EXPIRED)
        self.assertEqual(recipient.attempt_count, 4)
        self.assertEqual(recipient.last_attempt.reply.code, 451)
        # Doubled once, then capped.
        self.assert_gaps(self.world.one.policy.commands("never@one.test"), [2.0, 3.0, 3.0])

    def test_dead_host_and_broken_dns_are_tried_again(self):
        email = send(self.server, simple_request("x@dead.test", "x@broken.test"))

        dead, broken = (
            self.server.wait_for_state(email.email_id, address, Recipient.STATE_DEFERRED).last_attempt
            for address in ("x@dead.test", "x@broken.test")
        )
        self.assertEqual(dead.phase, email_pb2.Attempt.PHASE_CONNECT, dead)
        self.assertEqual(dead.mx_host, "mx.dead.test")
        self.assertEqual(broken.phase, email_pb2.Attempt.PHASE_DNS, broken)
        for attempt in (dead, broken):
            self.assertFalse(attempt.HasField("reply"), attempt)
            self.assertNotEqual(attempt.description, "")

    def test_silent_host_delays_no_other(self):
        with socket.socket() as silent:
            # The kernel completes connections, and nobody ever says a word on them.
            silent.bind(("127.0.0.8", 25))
            silent.listen(100)
            for i in range(30):
                send(self.server, simple_request(f"x{i}@silent.test"))
            email = send(self.server, simple_request("quick@one.test"))
            settled = self.server.wait_settled(email.email_id, timeout=20)
        self.assertEqual(settled.recipients[0].state, Recipient.STATE_DELIVERED)

    def test_deferred_email_is_retried_after_a_restart(self):
        self.world.one.policy.rules["later@one.test"] = (
            lambda count: "450 4.2.0 greylisted" if count == 1 else "DUNNO"
        )
        email = send(self.server, simple_request("later@one.test"))
        self.server.wait_for_state(email.email_id, "later@one.test", Recipient.STATE_DEFERRED)
        self.server.kill()
        self.server.start()
        (recipient,) = self.server.wait_settled(email.email_id).recipients
        self.assertEqual(recipient.state, Recipient.STATE_DELIVERED, recipient)
        self.assertEqual(recipient.attempt_count, 2)
        self.assert_gaps(self.world.one.policy.commands("later@one.test"), [_INITIAL_DELAY])


if __name__ == "__main__":
    unittest.main()
