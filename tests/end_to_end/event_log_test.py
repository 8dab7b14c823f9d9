"""What the log tells of each change of a recipient, and to which trace it belongs."""

import unittest

from harness import mail_world, mailstrom_server, processes
from harness.mail_world import send, simple_request
from mailstrom.v1 import email_pb2, mailstrom_service_pb2

_TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
_TRACEPARENT = f"00-{_TRACE_ID}-b7ad6b7169203331-01"
_EVENTS = ("accepted", "deferred", "delivered", "failed", "cancelled", "expired")


class EventLogTest(mail_world.MailTestCase):
    configuration = {"delivery": {"retry": {"initial_delay": "1s", "multiplier": 1, "max_retries": 1000}}}

    def lines(self, email_id, count, server=None):
        """The lines of an email, once there are so many."""
        server = server or self.server

        def found():
            lines = [
                line
                for line in mailstrom_server.parse_log(server.log())
                if line.get("email_id") == email_id and line["event"] in _EVENTS
            ]
            return lines if len(lines) >= count else None

        return processes.wait_until(found, what=f"{count} lines of {email_id}")

    def send_traced(self, *recipients, traceparent=_TRACEPARENT):
        request = simple_request(*recipients)
        metadata = [("traceparent", traceparent)]
        return self.server.api.SendEmail(request, timeout=30, wait_for_ready=True, metadata=metadata).email

    def test_a_delivery_and_a_failure(self):
        email = self.send_traced("solo@one.test", "nobody@nowhere.test")
        self.server.wait_settled(email.email_id)
        lines = self.lines(email.email_id, 4)
        self.assertEqual(sorted(line["event"] for line in lines), ["accepted", "accepted", "delivered", "failed"])
        self.assertEqual([line["revision"] for line in lines], sorted(line["revision"] for line in lines))
        self.assertEqual({line["trace_id"] for line in lines}, {_TRACE_ID})
        by_event = {line["event"]: line for line in lines}
        delivered = by_event["delivered"]
        self.assertEqual((delivered["recipient"], delivered["domain"], delivered["attempt"]), (0, "one.test", 1))
        self.assertEqual((delivered["mx_host"], delivered["mx_address"]), ("mx.one.test", "127.0.0.2"))
        self.assertEqual((delivered["reply_code"], delivered["enhanced_code"]), (250, "2.0.0"))
        self.assertTrue(delivered["tls"].startswith("TLSv1."))
        self.assertGreaterEqual(delivered["duration_ms"], 0)
        self.assertEqual(by_event["failed"]["bounce_class"], "bad_domain")
        self.assertTrue(lines[-1]["email_settled"])

    def test_a_deferral_and_a_cancellation(self):
        email = self.send_traced("late@dead.test")
        (_, deferred) = self.lines(email.email_id, 2)[:2]
        self.assertEqual((deferred["event"], deferred["phase"]), ("deferred", "connect"))
        self.assertIn("next_attempt_time", deferred)
        # Nothing is known of a reply.
        self.assertNotIn("reply_code", deferred)
        self.server.api.CancelEmail(mailstrom_service_pb2.CancelEmailRequest(email_id=email.email_id), timeout=20)
        self.server.wait_settled(email.email_id)
        processes.wait_until(
            lambda: self.lines(email.email_id, 2)[-1]["event"] == "cancelled", what="a line of the cancellation"
        )

    def test_no_line_has_an_address(self):
        email = self.send_traced("verysecret@one.test", "verysecret@null.test")
        self.server.wait_settled(email.email_id)
        self.lines(email.email_id, 4)
        self.assertNotIn("verysecret", self.server.log())

    def test_the_trace_is_in_the_api(self):
        email = self.send_traced("later@dead.test")
        self.assertEqual(email.traceparent, _TRACEPARENT)
        self.assertEqual(self.server.query(email.email_id).traceparent, _TRACEPARENT)
        watch = self.server.watch([email.email_id])
        for response in watch:
            if response.WhichOneof("update") == "event":
                self.assertEqual(response.event.traceparent, _TRACEPARENT)
                break
        watch.cancel()
        # It is with the email, not with the process.
        self.server.stop()
        self.server.start()
        self.assertEqual(self.server.query(email.email_id).traceparent, _TRACEPARENT)

    def test_a_malformed_trace_is_none(self):
        email = self.send_traced("later@dead.test", traceparent="00-nonsense-01")
        self.assertEqual(email.traceparent, "")
        self.assertNotIn("trace_id", self.lines(email.email_id, 1)[0])

    def test_a_stream_has_the_trace_of_its_call(self):
        requests = [
            mailstrom_service_pb2.SendEmailsRequest(index=number, request=simple_request(f"p{number}@clear.test"))
            for number in (1, 2)
        ]
        metadata = [("traceparent", _TRACEPARENT)]
        answers = self.server.api.SendEmails(iter(requests), timeout=30, metadata=metadata)
        traces = [answer.response.email.traceparent for answer in answers]
        self.assertEqual(traces, [_TRACEPARENT, _TRACEPARENT])

    def test_can_be_turned_off(self):
        server = self.new_server({"log": {"events": False}})
        email = send(server, simple_request("quiet@clear.test"))
        server.wait_settled(email.email_id)
        server.stop()
        self.assertNotIn(email.email_id, server.log())
        server.start()

    def test_the_last_lines_are_there_after_the_end(self):
        email = send(self.server, simple_request("last@clear.test"))
        state = self.server.wait_settled(email.email_id).state
        self.server.stop()
        self.assertEqual(state, email_pb2.Email.STATE_SETTLED)
        self.assertEqual(
            [line["event"] for line in self.lines(email.email_id, 2)], ["accepted", "delivered"]
        )
        self.server.start()


if __name__ == "__main__":
    unittest.main()
