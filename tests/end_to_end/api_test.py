"""Cancelling, listing, repeating and scheduling, across kill -9."""

import time
import unittest

import grpc

from harness import mail_world
from harness.mail_world import recipients_by_address, send, simple_request
from mailstrom.v1 import email_pb2, mailstrom_service_pb2

Recipient = email_pb2.Recipient


class ApiTest(mail_world.MailTestCase):
    configuration = {"delivery": {"retry": {"initial_delay": "600s"}}}

    def restart(self):
        self.server.kill()
        self.server.start()

    def test_a_repeated_request_makes_one_email_across_a_crash(self):
        request = simple_request("once@one.test")
        request.request_id = "order-17"
        first = send(self.server, request)
        self.server.wait_settled(first.email_id)
        self.restart()
        again = self.server.api.SendEmail(request, timeout=30, wait_for_ready=True)
        self.assertTrue(again.replayed)
        self.assertEqual(again.email.email_id, first.email_id)
        self.assertEqual(again.email.recipients[0].state, Recipient.STATE_DELIVERED)
        request.content.subject = "Another"
        with self.assertRaises(grpc.RpcError) as refusal:
            send(self.server, request)
        self.assertEqual(refusal.exception.code(), grpc.StatusCode.ALREADY_EXISTS)
        self.world.one.wait_for_mail("once@one.test")
        self.assertEqual(len(self.world.one.mail("once@one.test")), 1)

    def test_a_cancelled_email_stays_cancelled_across_a_crash(self):
        self.world.one.policy.rules["late@one.test"] = lambda count: "450 4.2.0 later"
        email = send(self.server, simple_request("early@one.test", "late@one.test"))
        self.server.wait_for_state(email.email_id, "late@one.test", Recipient.STATE_DEFERRED)
        self.server.wait_for_state(email.email_id, "early@one.test", Recipient.STATE_DELIVERED)
        cancel = mailstrom_service_pb2.CancelEmailRequest(email_id=email.email_id)
        cancelled = self.server.api.CancelEmail(cancel, timeout=20).email
        self.restart()
        for seen in (cancelled, self.server.wait_settled(email.email_id)):
            recipients = recipients_by_address(seen)
            self.assertEqual(recipients["early@one.test"].state, Recipient.STATE_DELIVERED)
            self.assertEqual(recipients["late@one.test"].state, Recipient.STATE_FAILED)
            self.assertEqual(
                recipients["late@one.test"].failure_cause, email_pb2.FAILURE_CAUSE_CANCELLED
            )

    def test_lists_show_what_was_sent(self):
        sent = []
        for i in range(5):
            request = simple_request(f"l{i}@one.test")
            request.tags["list"] = "yes"
            sent.insert(0, send(self.server, request).email_id)
        self.restart()
        request = mailstrom_service_pb2.ListEmailsRequest(page_size=2, tags={"list": "yes"})
        listed = []
        while True:
            page = self.server.api.ListEmails(request, timeout=20, wait_for_ready=True)
            listed += [email.email_id for email in page.emails]
            request.page_token = page.next_page_token
            if not request.page_token:
                break
        self.assertEqual(listed, sent)

    def test_a_scheduled_email_waits_across_a_crash(self):
        request = simple_request("planned@one.test")
        send_time = time.time() + 4
        request.send_time.FromMicroseconds(int(send_time * 1e6))
        email = send(self.server, request)
        self.restart()
        (recipient,) = self.server.wait_settled(email.email_id).recipients
        self.assertEqual(recipient.state, Recipient.STATE_DELIVERED, recipient)
        self.assertGreaterEqual(recipient.last_attempt.start_time.ToMicroseconds() / 1e6, send_time)


if __name__ == "__main__":
    unittest.main()
