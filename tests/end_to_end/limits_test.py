"""Size and number, up to the limits that real mail servers set and beyond: they cost a connection or a
little time, and no email."""

import os
import unittest

from harness import dns_server, exim, mail_world, mailstrom_server, postfix, processes
from harness.mail_world import recipients_by_address, send, simple_request
from mailstrom.v1 import email_pb2, mailstrom_service_pb2

Recipient = email_pb2.Recipient

# What is limited, and how. Nothing that matters for the plain ones.
_POSTFIX = {
    "plain": {},
    "recipients": {"smtpd_recipient_limit": 10},
    "errors": {"smtpd_hard_error_limit": 5, "smtpd_error_sleep_time": 0},
    "connections": {"smtpd_client_connection_count_limit": 2},
    "idle": {"smtpd_timeout": "1s"},
    "size": {"message_size_limit": 10000},
}
_EXIM = {
    "exim-plain": "",
    "exim-recipients": "recipients_max = 10",
    "exim-idle": "smtp_receive_timeout = 1s",
    "exim-connections": "smtp_accept_max_per_host = 2",
    "exim-messages": "smtp_accept_max_per_connection = 5",
}


class LimitsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = os.environ["TEST_SCRATCH"]
        addresses = {name: f"127.0.30.{i}" for i, name in enumerate([*_POSTFIX, *_EXIM], 1)}
        records = []
        for name, address in addresses.items():
            records += [f"{name}.test. 60 IN MX 10 mx.{name}.test.", f"mx.{name}.test. 60 IN A {address}"]
        dns_server.DnsServer(directory, records).start()
        cls.postfix = postfix.Postfix(
            directory,
            addresses["recipients"],
            "postfix.test",
            [f"{name}.test" for name in _POSTFIX],
            listeners={addresses[name]: parameters for name, parameters in _POSTFIX.items()},
        )
        cls.postfix.start()
        cls.exim = {}
        for name, settings in _EXIM.items():
            offers = {addresses[name]: {"TLS", "PIPELINING", "CHUNKING"}}
            server = exim.Exim(directory, f"mx.{name}.test", [f"{name}.test"], offers, settings=settings)
            server.start()
            cls.exim[name] = server
        retry = {"max_retries": 10, "initial_delay": "1s", "multiplier": 1.5, "jitter": 0.5}
        cls.server = mailstrom_server.MailstromServer(
            mail_world.programs()[0], {"delivery": {"retry": retry}}
        )
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()

    def _mailbox(self, name):
        return self.exim[name].mailbox if name in self.exim else self.postfix.mailbox

    def _assert_delivered(self, recipient, box):
        self.assertEqual(recipient.state, Recipient.STATE_DELIVERED, recipient)
        box.wait_for_mail(recipient.address)
        self.assertEqual(len(box.mail(recipient.address)), 1)

    def test_large_message_arrives_whole(self):
        # Lines that look like no others, so that a lost or doubled block shows.
        lines = "".join(f".{i:09} {i * i:020}\r\n" for i in range(600000))
        for name in ("plain", "exim-plain"):
            with self.subTest(name):
                address = f"large@{name}.test"
                raw = (
                    f"From: {mail_world.SENDER}\r\nTo: {address}\r\nSubject: Large\r\n"
                    f"Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{name}@sender.test>\r\n\r\n{lines}"
                ).encode()
                request = mailstrom_service_pb2.SendEmailRequest(raw_message=raw)
                email = send(self.server, request)
                (recipient,) = self.server.wait_settled(email.email_id).recipients
                self._assert_delivered(recipient, self._mailbox(name))
                (mail,) = self._mailbox(name).mail(address)
                # Without assertEqual's attempt to show where 20 MB differ.
                self.assertTrue(mail.untraced == raw.replace(b"\r\n", b"\n"))

    def test_envelope_that_fits_no_buffer(self):
        for name in ("plain", "exim-plain"):
            with self.subTest(name):
                addresses = [f"{'n' * 50}{i}@{name}.test" for i in range(300)]
                email = send(self.server, simple_request(*addresses))
                for recipient in self.server.wait_settled(email.email_id).recipients:
                    self._assert_delivered(recipient, self._mailbox(name))
                    self.assertEqual(recipient.attempt_count, 1, recipient)

    def test_rest_of_too_many_recipients_follows_at_once(self):
        for name in ("recipients", "exim-recipients"):
            with self.subTest(name):
                box = self._mailbox(name)
                email = send(self.server, simple_request(*(f"r{i}@{name}.test" for i in range(25))))
                for recipient in self.server.wait_settled(email.email_id).recipients:
                    self._assert_delivered(recipient, box)
                    self.assertEqual(recipient.attempt_count, 1, recipient)

    def test_server_that_hangs_up_after_too_many_errors(self):
        refused = [f"refused{i}@errors.test" for i in range(12)]
        accepted = [f"accepted{i}@errors.test" for i in range(3)]
        for address in refused:
            self.postfix.policy.rules[address] = lambda count: "550 5.1.1 nobody here"
        email = send(self.server, simple_request(*refused, *accepted))
        recipients = recipients_by_address(self.server.wait_settled(email.email_id))
        for address in refused:
            self.assertEqual(recipients[address].failure_cause, email_pb2.FAILURE_CAUSE_REJECTED)
            self.assertEqual(len(self.postfix.policy.commands(address)), 1)
        for address in accepted:
            self._assert_delivered(recipients[address], self.postfix.mailbox)

    def test_more_emails_than_connections_or_messages_are_allowed(self):
        for name in ("connections", "exim-connections", "exim-messages"):
            with self.subTest(name):
                box = self._mailbox(name)
                emails = [send(self.server, simple_request(f"c{i}@{name}.test")) for i in range(60)]
                for email in emails:
                    (recipient,) = self.server.wait_settled(email.email_id).recipients
                    self._assert_delivered(recipient, box)
                    self.assertLessEqual(recipient.attempt_count, 1 if name == "exim-messages" else 4)
                    self.assertFalse(recipient.in_doubt)

    def test_connection_that_the_server_gave_up_is_replaced(self):
        for name, server, farewell in (
            ("idle", self.postfix, "timeout after"),
            ("exim-idle", self.exim["exim-idle"], "SMTP command timeout"),
        ):
            with self.subTest(name):
                send(self.server, simple_request(f"first@{name}.test"))
                self._mailbox(name).wait_for_mail(f"first@{name}.test")
                processes.wait_until(lambda: farewell in server.log(), what=farewell)
                email = send(self.server, simple_request(f"second@{name}.test"))
                (recipient,) = self.server.wait_settled(email.email_id).recipients
                self._assert_delivered(recipient, self._mailbox(name))
                self.assertEqual(recipient.attempt_count, 1, recipient)

    def test_message_that_is_too_large_is_not_sent(self):
        email = send(self.server, simple_request("x@size.test", text="Too much. " * 2000))
        (recipient,) = self.server.wait_settled(email.email_id).recipients
        self.assertEqual(recipient.failure_cause, email_pb2.FAILURE_CAUSE_UNSUPPORTED, recipient)
        self.assertIn("5.3.4", recipient.last_attempt.description)
        self.assertEqual(recipient.attempt_count, 1)
        self.assertEqual(self.postfix.policy.commands("x@size.test"), [])


if __name__ == "__main__":
    unittest.main()
