"""What an operator does to the queue, by the command line, while mail goes on."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import time
import unittest

from harness import mail_world, processes, smtp_receiver
from harness.mail_world import programs, send, simple_request
from mailstrom.v1 import email_pb2

Recipient = email_pb2.Recipient

_SERVING = b"\x08\x01"
_NOT_SERVING = b"\x08\x02"


class AdminTest(mail_world.MailTestCase):
    # Nothing is retried within the test by itself.
    configuration = {"delivery": {"retry": {"initial_delay": "3h", "jitter": 0}}}

    def mailstrom(self, *words):
        return subprocess.run(
            [programs()[1], *words],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "USER": "anna"},
        )

    def queue(self, *words):
        """Runs a command of the group `queue`; its output."""
        done = self.mailstrom("queue", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def queue_json(self, *words):
        return [json.loads(line) for line in self.queue(*words, "--json").splitlines()]

    def explain(self, email_id):
        (explanation,) = self.queue_json("explain", email_id)
        return explanation

    def wait_for_state(self, email_id, state):
        processes.wait_until(
            lambda: self.server.query(email_id).recipients[0].state == state, 20, "the state"
        )

    def health(self):
        call = self.server.channel.unary_unary(
            "/grpc.health.v1.Health/Check", request_serializer=None, response_deserializer=None
        )
        return call(b"", timeout=10)

    def test_what_is_suspended_waits_over_a_restart(self):
        self.queue("suspend", "--domain=one.test", "--reason=moves house")
        email = send(self.server, simple_request("held@one.test"))
        other = send(self.server, simple_request("held@clear.test"))
        self.server.wait_settled(other.email_id)
        for restart in (False, True):
            if restart:
                self.server.kill()
                self.server.start()
            (suspension,) = self.queue_json("suspensions")
            self.assertEqual(suspension["scope"], {"domain": "one.test"})
            self.assertEqual(suspension["author"], "anna")
            self.assertEqual(suspension["reason"], "moves house")
            explanation = self.explain(email.email_id)
            self.assertEqual(explanation["obstacles"][0]["kind"], "KIND_OPERATOR")
            self.assertIn("suspended by an operator, anna: moves house", explanation["reason"])
            self.assertTrue(explanation["recipient"]["held"])
        self.assertIn("moves house", self.queue("explain", email.email_id))
        self.assertEqual(self.world.one.policy.commands("held@one.test"), [])
        (recipient,) = self.server.query(email.email_id).recipients
        self.assertEqual(recipient.attempt_count, 0)

        started = time.monotonic()
        self.queue("resume", "--domain=one.test")
        (recipient,) = self.server.wait_settled(email.email_id).recipients
        self.assertEqual(recipient.state, Recipient.STATE_DELIVERED)
        self.assertEqual(recipient.attempt_count, 1)
        self.assertLess(time.monotonic() - started, 10)
        processes.wait_until(lambda: not self.queue("suspensions"), 10, "the end of the suspension")
        again = self.mailstrom("queue", "resume", "--domain=one.test")
        self.assertEqual(again.returncode, 6, again.stderr)

    def test_a_suspension_by_host_ends_by_itself(self):
        self.queue("suspend", "--site=mx.clear.test", "--for=3s")
        email = send(self.server, simple_request("soon@clear.test"))
        explanation = self.explain(email.email_id)
        self.assertEqual(explanation["obstacles"][0]["kind"], "KIND_OPERATOR")
        (recipient,) = self.server.wait_settled(email.email_id).recipients
        self.assertEqual(recipient.attempt_count, 1)

    def test_retry_now(self):
        self.world.one.policy.rules["later@one.test"] = (
            lambda count: "450 4.2.0 come back later" if count == 1 else "DUNNO"
        )
        email = send(self.server, simple_request("later@one.test"))
        self.wait_for_state(email.email_id, Recipient.STATE_DEFERRED)
        explanation = self.explain(email.email_id)
        self.assertEqual(explanation["obstacles"][0]["kind"], "KIND_NOT_DUE")
        self.assertIn("attempt 1 ended", explanation["reason"])
        self.assertIn("come back later", explanation["reason"])
        self.assertIn("attempt 2 is made at", explanation["next"])
        self.assertIn("later@one.test", self.queue("list", "--domain=one.test"))
        self.assertEqual(self.queue_json("retry", "--domain=one.test"), [{"changed": 1}])
        (recipient,) = self.server.wait_settled(email.email_id).recipients
        self.assertEqual(recipient.state, Recipient.STATE_DELIVERED)
        self.assertEqual(recipient.attempt_count, 2)
        refused = self.mailstrom("queue", "retry")
        self.assertEqual(refused.returncode, 3)
        self.assertIn("filter: needs at least one condition", refused.stderr)

    def test_mail_goes_elsewhere_until_that_is_over(self):
        spare = smtp_receiver.SmtpReceiver("127.0.0.8")
        email = send(self.server, simple_request("ann@dead.test"))
        self.wait_for_state(email.email_id, Recipient.STATE_DEFERRED)
        self.queue("reroute", "--domain=dead.test", "--to=127.0.0.8", "--reason=their disk died")
        (reroute,) = self.queue_json("reroutes")
        self.assertEqual(reroute["host"], "127.0.0.8")
        self.assertEqual(self.explain(email.email_id)["rerouted_to"], "127.0.0.8")
        self.server.kill()
        self.server.start()
        self.queue("retry", "--domain=dead.test")
        (recipient,) = self.server.wait_settled(email.email_id).recipients
        self.assertEqual(recipient.state, Recipient.STATE_DELIVERED)
        self.assertEqual(len(spare.messages("ann@dead.test")), 1)
        self.queue("reroute", "--domain=dead.test", "--end")
        self.assertEqual(self.queue("reroutes"), "")
        email = send(self.server, simple_request("bob@dead.test"))
        self.wait_for_state(email.email_id, Recipient.STATE_DEFERRED)
        self.assertEqual(spare.messages("bob@dead.test"), [])
        self.queue("cancel", "--domain=dead.test")

    def test_cancel_by_tag(self):
        self.queue("suspend", "--tag=run=7")
        emails = []
        for i in range(25):
            request = simple_request(f"tagged{i}@one.test")
            request.tags["run"] = "7" if i % 5 else "8"
            emails.append(send(self.server, request))
        for email in emails[::5]:
            (recipient,) = self.server.wait_settled(email.email_id).recipients
            self.assertEqual(recipient.state, Recipient.STATE_DELIVERED)
        (summary,) = self.queue_json("summary")
        (site,) = (site for site in summary["sites"] if "one.test" in site["domains"])
        self.assertEqual(int(site["recipients"]), 20)
        self.assertEqual(int(site["held"]), 20)
        self.assertEqual(site["state"], "STATE_HELD")
        self.assertEqual(self.queue_json("cancel", "--tag=run=7"), [{"changed": 20}])
        for i, email in enumerate(emails):
            if i % 5:
                (recipient,) = self.server.wait_settled(email.email_id).recipients
                self.assertEqual(recipient.failure_cause, email_pb2.FAILURE_CAUSE_CANCELLED)
        self.queue("resume", "--tag=run=7")

    def test_drain(self):
        accepting = threading.Event()

        def slow(count):
            accepting.set()
            time.sleep(2)
            return "DUNNO"

        self.world.one.policy.rules["slow@one.test"] = slow
        running = send(self.server, simple_request("slow@one.test"))
        self.assertTrue(accepting.wait(20))
        explanation = self.explain(running.email_id)
        self.assertEqual(explanation["stage"], "STAGE_ATTEMPT")
        self.assertEqual(explanation["mx_host"], "mx.one.test")
        (state,) = self.queue_json("drain", "--wait")
        self.assertEqual(state.get("running", 0), 0)
        (recipient,) = self.server.wait_settled(running.email_id).recipients
        self.assertEqual(recipient.state, Recipient.STATE_DELIVERED)
        self.assertEqual(self.health(), _NOT_SERVING)

        waiting = send(self.server, simple_request("drained@clear.test"))
        self.assertEqual(self.explain(waiting.email_id)["obstacles"][0]["kind"], "KIND_DRAINED")
        self.assertEqual(self.server.query(waiting.email_id).recipients[0].attempt_count, 0)
        self.queue("drain", "--end")
        self.assertEqual(self.health(), _SERVING)
        (recipient,) = self.server.wait_settled(waiting.email_id).recipients
        self.assertEqual(recipient.state, Recipient.STATE_DELIVERED)

    def test_log_level(self):
        self.assertEqual(self.queue("log-level"), "info\n")
        self.assertEqual(self.queue("log-level", "error"), "error\n")
        before = self.server.log()
        email = send(self.server, simple_request("quiet@one.test"))
        self.server.wait_settled(email.email_id)
        self.assertEqual(self.server.log(), before)
        self.assertEqual(self.queue_json("log-level", "info"), [{"level": "info"}])
        self.assertEqual(self.mailstrom("queue", "log-level", "loud").returncode, 3)

    def test_an_address_of_its_own(self):
        server = self.new_server({"admin": {"listen_address": "127.0.0.1:2727"}})
        elsewhere = self.mailstrom("queue", "log-level")
        self.assertEqual(elsewhere.returncode, 3, elsewhere.stderr)
        self.assertEqual(self.queue("log-level", "--server=127.0.0.1:2727"), "info\n")
        email = send(server, simple_request("alone@one.test"))
        self.assertEqual(
            server.wait_settled(email.email_id).recipients[0].state, Recipient.STATE_DELIVERED
        )
        refused = self.mailstrom("status", email.email_id, "--server=127.0.0.1:2727")
        self.assertEqual(refused.returncode, 3, refused.stderr)

    def test_top(self):
        self.queue("suspend", "--domain=implicit.test")
        email = send(self.server, simple_request("x@implicit.test"))
        processes.wait_until(
            lambda: "implicit.test" in self.queue("summary"), 10, "the email in the summary"
        )
        once = self.mailstrom("top")
        self.assertEqual(once.returncode, 0, once.stderr)
        self.assertNotIn("\x1b", once.stdout)
        self.assertRegex(once.stdout, r"1 queued, 0 deferred, 1 held.*\n *QUEUED .*\n *1 .* held .*implicit\.test")

        screen, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        live = subprocess.Popen(
            [programs()[1], "top", "--interval=100ms"],
            stdout=terminal,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TERM": "xterm"},
        )
        os.close(terminal)
        try:
            shown = ""
            while shown.count("\x1b[H") < 3:
                shown += os.read(screen, 65536).decode()
        finally:
            live.terminate()
            live.wait(10)
            os.close(screen)
        frame = shown.split("\x1b[H")[1]
        lines = re.sub(r"\x1b\[[0-9]*[A-Za-z]", "", frame).split("\r\n")
        self.assertIn("implicit.test", frame)
        for line in lines:
            self.assertLessEqual(len(line), 80, line)
        self.queue("resume", "--domain=implicit.test")
        self.server.wait_settled(email.email_id)


if __name__ == "__main__":
    unittest.main()
