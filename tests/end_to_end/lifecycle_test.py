"""Starting, stopping, and what the server says about itself."""

import json
import os
import signal
import threading
import time
import unittest

import grpc

from harness import mail_world, mailstrom_server, processes, rpc_details
from harness.mail_world import programs, send, simple_request
from mailstrom.v1 import email_pb2

_SERVING = b"\x08\x01"
_NOT_SERVING = b"\x08\x02"
# HealthCheckRequest with `service: "liveness"`.
_LIVENESS = b"\x0a\x08liveness"


def _raw_call(channel, method, request):
    """A unary call without generated code."""
    call = channel.unary_unary(method, request_serializer=None, response_deserializer=None)
    return call(request, timeout=10)


class LifecycleTest(mail_world.MailTestCase):
    def health(self):
        return _raw_call(self.server.channel, "/grpc.health.v1.Health/Check", b"")

    def test_health(self):
        self.assertEqual(self.health(), _SERVING)
        self.assertEqual(
            _raw_call(self.server.channel, "/grpc.health.v1.Health/Check", _LIVENESS), _SERVING
        )

    def test_reflection(self):
        call = self.server.channel.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            request_serializer=None,
            response_deserializer=None,
        )
        # list_services: ""
        (answer,) = call(iter([b"\x3a\x00"]), timeout=10)
        self.assertIn(b"mailstrom.v1.MailstromService", answer)

    def test_sigterm_drains(self):
        """A session under way ends well, new work is refused, and the exit code is 0."""
        accepting = threading.Event()

        def slow(count):
            accepting.set()
            time.sleep(3)
            return "DUNNO"

        self.world.one.policy.rules["slow@one.test"] = slow
        email = send(self.server, simple_request("slow@one.test"))
        self.assertTrue(accepting.wait(20))
        channel = self.server.channel
        self.server.terminate()

        states = []

        def not_serving():
            try:
                states.append(_raw_call(channel, "/grpc.health.v1.Health/Check", b""))
            except grpc.RpcError as error:
                states.append(error.code())
            return states[-1] != _SERVING

        processes.wait_until(not_serving, 2, "health NOT_SERVING")
        self.assertEqual(states[-1], _NOT_SERVING)
        # Nobody may kill it for that.
        self.assertEqual(_raw_call(channel, "/grpc.health.v1.Health/Check", _LIVENESS), _SERVING)
        with self.assertRaises(grpc.RpcError) as refusal:
            self.server.api.SendEmail(simple_request("new@one.test"), timeout=5)
        self.assertEqual(refusal.exception.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(rpc_details.of(refusal.exception).reason, "DRAINING")

        self.assertEqual(self.server.wait(), 0)
        self.server.start()
        (recipient,) = self.server.wait_settled(email.email_id).recipients
        self.assertEqual(recipient.state, email_pb2.Recipient.STATE_DELIVERED)
        self.assertEqual(len(self.world.one.policy.commands("slow@one.test")), 1)
        self.assertEqual(self.world.one.mail("new@one.test"), [])

    def send_and_get_stuck(self, server, address):
        """An email whose first attempt is under way and does not end for long; the next one succeeds."""
        accepting = threading.Event()

        def stuck(count):
            accepting.set()
            time.sleep(20 if count == 1 else 0)
            return "DUNNO"

        self.world.one.policy.rules[address] = stuck
        email = send(server, simple_request(address))
        self.assertTrue(accepting.wait(20))
        return email

    def test_sigterm_does_not_wait_for_ever(self):
        server = self.new_server({"shutdown": {"drain_deadline": "1s"}})
        email = self.send_and_get_stuck(server, "stuck@one.test")
        started = time.monotonic()
        server.terminate()
        # What may come at any time, from whoever renews keys or makes backups, cuts no drain short.
        server.signal(signal.SIGHUP)
        server.signal(signal.SIGUSR1)
        self.assertEqual(server.wait(), 0)
        self.assertLess(time.monotonic() - started, 5)
        # The attempt that was cut off counts for nothing: the email is still there to be delivered.
        server.start()
        self.assertEqual(
            server.wait_settled(email.email_id).recipients[0].state, email_pb2.Recipient.STATE_DELIVERED
        )

    def test_a_second_sigterm_ends_it_at_once(self):
        server = self.new_server({"shutdown": {"drain_deadline": "1m"}})
        email = self.send_and_get_stuck(server, "twice@one.test")
        seen = len(server.log())
        server.terminate()
        processes.wait_until(lambda: "draining" in server.log()[seen:], what="the drain")
        # Until it is asked for, a second one is the same as the first.
        processes.wait_until(lambda: server.terminate() or not server.is_running(), 10, "the end")
        self.assertEqual(server.wait(), 128 + signal.SIGTERM)
        server.start()
        self.assertEqual(
            server.wait_settled(email.email_id).recipients[0].state, email_pb2.Recipient.STATE_DELIVERED
        )

    def test_sigterm_ends_watches(self):
        self.world.one.policy.rules["waits@one.test"] = lambda count: "450 4.2.0 later"
        email = send(self.server, simple_request("waits@one.test"))
        watch = self.server.watch([email.email_id])
        next(watch)
        self.server.terminate()
        with self.assertRaises(grpc.RpcError) as end:
            for _ in watch:
                pass
        self.assertEqual(end.exception.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(self.server.wait(), 0)
        self.server.start()

    def test_second_server_on_the_same_database_is_refused(self):
        done = processes.subprocess.run(
            [programs()[0], "--config", self.server.configuration_path, "--listen-address=127.0.0.1:0"],
            capture_output=True,
            text=True,
            timeout=30,
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("lock", (done.stdout + done.stderr).lower())
        self.assertEqual(self.health(), _SERVING)

    def test_log_lines_are_json_and_name_no_address(self):
        email = send(self.server, simple_request("private@one.test"))
        self.server.wait_settled(email.email_id)
        lines = self.server.log().splitlines()
        self.assertTrue(lines)
        for line in lines:
            self.assertIn("event", json.loads(line), line)
        self.assertNotIn("private@one.test", self.server.log())


class CheckConfigTest(unittest.TestCase):
    def setUp(self):
        self.path = os.path.join(os.environ["TEST_TMPDIR"], self.id() + ".yaml")

    def check(self, text):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)
        return mailstrom_server.run_once(programs()[0], self.path, "--check-config")

    def test_good_configuration_is_shown_with_its_defaults(self):
        done = self.check("host_name: mail.sender.test\nstore: {memory: {}}\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("127.0.0.1:2626", done.stdout)
        self.assertIn("max_retries", done.stdout)

    def test_wrong_configuration_is_refused_by_name_and_place(self):
        good = "host_name: mail.sender.test\nstore: {memory: {}}\n"
        for text, word in (
            (good + "delivery: {retri: {}}\n", "retri"),
            (good + "delivery: {retry: {initial_delay: soon}}\n", "initial_delay"),
            (good + "delivery: {destination_port: 70000}\n", "destination_port"),
            (good + "delivery: {retry: {multiplier: 0.5}}\n", "multiplier"),
            ("host_name: mail.sender.test\n", "store"),
            (good + "listen_address: nowhere\n", "listen_address"),
            (good + "store: [\n", "line"),
        ):
            with self.subTest(text=text):
                done = self.check(text)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(word, done.stderr)

    def test_absent_file_is_named(self):
        done = mailstrom_server.run_once(
            programs()[0], "/nowhere/mailstromd.yaml", "--check-config"
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("/nowhere/mailstromd.yaml", done.stderr)


if __name__ == "__main__":
    unittest.main()
