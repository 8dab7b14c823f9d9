"""Postfix with postgrey: whom it has not seen before it defers, and lets him in when he comes back."""

import os
import re
import unittest

from harness import dns_server, mail_world, mailstrom_server, postfix, postgrey
from harness.mail_world import send, simple_request
from mailstrom.v1 import email_pb2

Recipient = email_pb2.Recipient

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
        dns_server.DnsServer(
            directory,
            [
                "grey.test. 60 IN MX 10 mx1.grey.test.",
                "grey.test. 60 IN MX 20 mx2.grey.test.",
                f"mx1.grey.test. 60 IN A {_FIRST}",
                f"mx2.grey.test. 60 IN A {_SECOND}",
            ],
        ).start()
        retry = {"max_retries": 5, "initial_delay": "1s", "multiplier": 2, "jitter": 0}
        cls.server = mailstrom_server.MailstromServer(
            mail_world.programs()[0], {"delivery": {"retry": retry}}
        )
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()

    def test_stranger_is_deferred_and_let_in_later(self):
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


if __name__ == "__main__":
    unittest.main()
