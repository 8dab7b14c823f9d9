"""Servers that defer whom they have not seen before, and let him in when he comes back."""

import os
import re
import unittest

from harness import dns_server, mail_world, mailstrom_server, postfix, postgrey
from harness.mail_world import send, simple_request
from mailstrom.v1 import email_pb2

Recipient = email_pb2.Recipient

_POSTSCREEN = "127.0.20.4"
_FIRST, _SECOND = "127.0.20.1", "127.0.20.2"
# The first retry comes too soon, unless the machine is slow; the second does not.
_DELAY_SECONDS = 3


class GreylistingTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = os.environ["TEST_SCRATCH"]
        gate = postgrey.Postgrey(directory, "127.0.20.3", 10023, _DELAY_SECONDS)
        gate.start()
        cls.postfix = postfix.Postfix(
            directory,
            _FIRST,
            "mx.grey.test",
            ["grey.test"],
            listeners={_FIRST: {}, _SECOND: {}},
            policy_endpoint=gate.endpoint,
        )
        cls.postfix.start()
        cls.screened = postfix.Postfix(
            directory, _POSTSCREEN, "mx.screened.test", ["screened.test"], postscreen=True
        )
        cls.screened.start()
        dns_server.DnsServer(
            directory,
            [
                "grey.test. 60 IN MX 10 mx1.grey.test.",
                "grey.test. 60 IN MX 20 mx2.grey.test.",
                f"mx1.grey.test. 60 IN A {_FIRST}",
                f"mx2.grey.test. 60 IN A {_SECOND}",
                "screened.test. 60 IN MX 10 mx.screened.test.",
                f"mx.screened.test. 60 IN A {_POSTSCREEN}",
            ],
        ).start()
        retry = {"max_retries": 5, "initial_delay": "1s", "multiplier": 2, "jitter": 0}
        cls.server = mailstrom_server.MailstromServer(
            mail_world.programs()[0], {"delivery": {"retry": retry}}
        )
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()

    def test_postgrey_lets_in_who_comes_back(self):
        addresses = ["ann@grey.test", "bob@grey.test"]
        email = send(self.server, simple_request(*addresses))
        for address in addresses:
            first = self.server.wait_for_state(email.email_id, address, Recipient.STATE_DEFERRED)
            self.assertEqual(first.last_attempt.reply.code, 450)
            self.assertIn("Greylisted", first.last_attempt.reply.text)
            self.assertEqual(first.last_attempt.phase, email_pb2.Attempt.PHASE_RCPT)

        recipients = self.server.wait_settled(email.email_id).recipients
        for recipient in recipients:
            self.assertEqual(recipient.state, Recipient.STATE_DELIVERED, recipient)
            self.assertIn(recipient.attempt_count, (2, 3))
            (mail,) = self.postfix.wait_for_mail(recipient.address)
            self.assertEqual(mail.message_id, email.message_id)

        log = self.postfix.log()
        for recipient in recipients:
            refusals = re.findall(rf"reject: RCPT from \S+\[(\S+)\]: 450 .* to=<{recipient.address}>", log)
            self.assertEqual(refusals, ["127.0.0.1"] * (recipient.attempt_count - 1))
        # Asking the other MX in between would be taken for an attempt to get around it.
        self.assertIn(f"postfix/{_FIRST}/smtpd", log)
        self.assertNotIn(f"postfix/{_SECOND}/smtpd", log)

    def test_postscreen_lets_in_who_behaves_and_comes_back(self):
        request = simple_request("ann@screened.test")
        # It judges by connections, so the first one, which is kept for more emails, must have ended.
        request.retry_policy.initial_delay.FromSeconds(6)
        email = send(self.server, request)
        first = self.server.wait_for_state(email.email_id, "ann@screened.test", Recipient.STATE_DEFERRED)
        self.assertEqual(first.last_attempt.reply.code, 450)
        self.assertEqual(first.last_attempt.reply.enhanced_code, "4.3.2")
        (recipient,) = self.server.wait_settled(email.email_id).recipients
        self.assertEqual(recipient.state, Recipient.STATE_DELIVERED, recipient)
        self.assertEqual(recipient.attempt_count, 2)
        log = self.screened.log()
        self.assertIn("postscreen", log)
        self.assertRegex(log, r"PASS NEW \[127\.0\.0\.1\]")
        # It talked too early, or several commands ahead, or did not end its lines as it ought to.
        self.assertNotRegex(log, "PREGREET|COMMAND PIPELINING|NON-SMTP COMMAND|BARE NEWLINE|HANGUP")


if __name__ == "__main__":
    unittest.main()
