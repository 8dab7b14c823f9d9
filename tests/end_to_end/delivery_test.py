"""What reaches real mail servers, and what the sender is told about it."""

import unittest

from harness import mail_world
from harness.mail_world import SENDER, recipients_by_address, send, simple_request
from mailstrom.v1 import email_pb2, mailstrom_service_pb2

Recipient = email_pb2.Recipient


class DeliveryTest(mail_world.MailTestCase):
    def assert_delivered(self, recipient):
        self.assertEqual(Recipient.State.Name(recipient.state), "STATE_DELIVERED", recipient)
        self.assertEqual(recipient.last_attempt.reply.code, 250, recipient)

    def assert_failed(self, recipient, cause):
        self.assertEqual(Recipient.State.Name(recipient.state), "STATE_FAILED", recipient)
        self.assertEqual(
            email_pb2.FailureCause.Name(recipient.failure_cause), f"FAILURE_CAUSE_{cause}", recipient
        )

    def test_one_recipient_over_starttls(self):
        email = send(self.server, simple_request("solo@one.test", subject="Grüße", text="Schöne Grüße\n"))
        settled = self.server.wait_settled(email.email_id)

        self.assertEqual(settled.state, email_pb2.Email.STATE_SETTLED)
        (recipient,) = settled.recipients
        self.assert_delivered(recipient)
        self.assertEqual(recipient.attempt_count, 1)
        self.assertEqual(recipient.last_attempt.mx_host, "mx.one.test")
        self.assertEqual(recipient.last_attempt.mx_address, "127.0.0.2")
        self.assertRegex(recipient.last_attempt.tls, r"^TLSv1\.[23] \w+")

        (mail,) = self.world.one.wait_for_mail("solo@one.test")
        self.assertEqual(mail.reverse_path, SENDER)
        self.assertEqual(mail.message_id, email.message_id)
        self.assertEqual(mail.message["Subject"], "Grüße")
        self.assertEqual(_text(mail.message), "Schöne Grüße\n")
        self.assertIn("using TLSv1", mail.message["Received"])

    def test_many_recipients_in_one_transaction(self):
        addresses = [f"many{i}@one.test" for i in range(50)]
        email = send(self.server, simple_request(*addresses))
        settled = self.server.wait_settled(email.email_id)

        self.assertEqual([r.address for r in settled.recipients], addresses)
        for recipient in settled.recipients:
            self.assert_delivered(recipient)
        commands = [c for c in self.world.one.policy.commands() if c.recipient in addresses]
        self.assertEqual(len(commands), 50)
        self.assertEqual(len({command.transaction for command in commands}), 1)
        for address in addresses:
            self.world.one.wait_for_mail(address)
            self.assertEqual(len(self.world.one.mail(address)), 1)

    def test_refused_and_accepted_in_one_transaction(self):
        self.world.one.policy.rules["refused@one.test"] = lambda count: "550 5.1.1 nobody here"
        email = send(self.server, simple_request("refused@one.test", "accepted@one.test"))
        recipients = recipients_by_address(self.server.wait_settled(email.email_id))

        refused = recipients["refused@one.test"]
        self.assert_failed(refused, "REJECTED")
        self.assertEqual(refused.attempt_count, 1)
        self.assertEqual(refused.last_attempt.reply.code, 550)
        self.assertEqual(refused.last_attempt.reply.enhanced_code, "5.1.1")
        self.assertIn("nobody here", refused.last_attempt.reply.text)
        self.assertEqual(refused.last_attempt.phase, email_pb2.Attempt.PHASE_RCPT)
        self.assert_delivered(recipients["accepted@one.test"])
        commands = [self.world.one.policy.commands(address)[-1] for address in recipients]
        self.assertEqual(len({command.transaction for command in commands}), 1)
        self.world.one.wait_for_mail("accepted@one.test")
        self.assertEqual(self.world.one.mail("refused@one.test"), [])

    def test_unknown_domain(self):
        email = send(self.server, simple_request("x@nowhere.test"))
        (recipient,) = self.server.wait_settled(email.email_id).recipients
        self.assert_failed(recipient, "BAD_DOMAIN")
        self.assertEqual(recipient.last_attempt.phase, email_pb2.Attempt.PHASE_DNS)

    def test_null_mx(self):
        email = send(self.server, simple_request("x@null.test"))
        (recipient,) = self.server.wait_settled(email.email_id).recipients
        self.assert_failed(recipient, "BAD_DOMAIN")

    def test_first_mx_dead_second_takes_it(self):
        email = send(self.server, simple_request("x@backup.test"))
        (recipient,) = self.server.wait_settled(email.email_id).recipients
        self.assert_delivered(recipient)
        self.assertEqual(recipient.attempt_count, 1)
        self.assertEqual(recipient.last_attempt.mx_host, "mx.one.test")
        self.world.one.wait_for_mail("x@backup.test")

    def test_domain_without_mx_is_its_own_mail_host(self):
        email = send(self.server, simple_request("x@implicit.test"))
        (recipient,) = self.server.wait_settled(email.email_id).recipients
        self.assert_delivered(recipient)
        self.world.one.wait_for_mail("x@implicit.test")

    def test_server_without_starttls(self):
        email = send(self.server, simple_request("x@clear.test"))
        (recipient,) = self.server.wait_settled(email.email_id).recipients
        self.assert_delivered(recipient)
        self.assertEqual(recipient.last_attempt.tls, "")
        (mail,) = self.world.clear.wait_for_mail("x@clear.test")
        self.assertNotIn("TLS", mail.message["Received"])

    def test_domains_are_settled_on_their_own(self):
        email = send(
            self.server, simple_request("mix@one.test", "mix@clear.test", "x@nowhere.test", "x@null.test")
        )
        recipients = recipients_by_address(self.server.wait_settled(email.email_id))
        self.assert_delivered(recipients["mix@one.test"])
        self.assert_delivered(recipients["mix@clear.test"])
        self.assert_failed(recipients["x@nowhere.test"], "BAD_DOMAIN")
        self.assert_failed(recipients["x@null.test"], "BAD_DOMAIN")
        ids = {
            self.world.one.wait_for_mail("mix@one.test")[0].message_id,
            self.world.clear.wait_for_mail("mix@clear.test")[0].message_id,
        }
        self.assertEqual(ids, {email.message_id})

    def test_bcc_gets_the_message_and_stays_hidden(self):
        request = simple_request("seen@one.test")
        request.content.bcc.add().mailbox.address = "hidden@one.test"
        email = send(self.server, request)
        self.server.wait_settled(email.email_id)
        for address in ("seen@one.test", "hidden@one.test"):
            (mail,) = self.world.one.wait_for_mail(address)
            self.assertNotIn(b"hidden", mail.untraced)

    def test_text_html_and_attachments_arrive_whole(self):
        request = simple_request("parts@one.test", text="Grüße\n.\n.dot\n")
        request.content.html = "<p>Grüße &amp; €</p>\n"
        data = bytes(range(256)) * 1000
        request.content.attachments.add(filename="Übersicht.bin", data=data)
        email = send(self.server, request)
        self.server.wait_settled(email.email_id)
        (mail,) = self.world.one.wait_for_mail("parts@one.test")
        message = mail.message
        self.assertEqual(_text(message.get_body(["plain"])), "Grüße\n.\n.dot\n")
        self.assertEqual(_text(message.get_body(["html"])), "<p>Grüße &amp; €</p>\n")
        (attachment,) = message.iter_attachments()
        self.assertEqual(attachment.get_filename(), "Übersicht.bin")
        self.assertEqual(attachment.get_content(), data)
        self.assertTrue(mail.data.isascii())

    def test_raw_message_passes_through(self):
        raw = (
            b"From: Ann <ann@sender.test>\r\nTo: raw@one.test\r\nBcc: rawhidden@one.test\r\n"
            b"Subject: raw\r\nX-Odd:   spaces \tkept\r\nMessage-ID: <own.id@sender.test>\r\n"
            b"Date: Mon, 5 Jan 2026 10:00:00 +0100\r\n\r\nline\r\n..dots\r\n.\r\nend\r\n"
        )
        email = send(self.server, mailstrom_service_pb2.SendEmailRequest(raw_message=raw))
        self.assertEqual(email.message_id, "own.id@sender.test")
        settled = self.server.wait_settled(email.email_id)
        self.assertEqual(
            {recipient.address for recipient in settled.recipients}, {"raw@one.test", "rawhidden@one.test"}
        )
        (mail,) = self.world.one.wait_for_mail("raw@one.test")
        want = raw.replace(b"Bcc: rawhidden@one.test\r\n", b"").replace(b"\r\n", b"\n")
        self.assertEqual(mail.untraced, want)

    def test_envelope_may_differ_from_the_header(self):
        request = simple_request("header@one.test")
        request.envelope.reverse_path = "bounces@sender.test"
        request.envelope.forward_paths.append("envelope@one.test")
        email = send(self.server, request)
        settled = self.server.wait_settled(email.email_id)
        self.assertEqual([r.address for r in settled.recipients], ["envelope@one.test"])
        (mail,) = self.world.one.wait_for_mail("envelope@one.test")
        self.assertEqual(mail.reverse_path, "bounces@sender.test")
        self.assertEqual(mail.message["To"], "header@one.test")
        self.assertEqual(self.world.one.mail("header@one.test"), [])

    def test_internal_hosts_are_no_destination_unless_allowed(self):
        server = self.new_server({"delivery": {"allow_private_destinations": False}})
        email = send(server, simple_request("internal@one.test"))
        (recipient,) = server.wait_settled(email.email_id).recipients
        self.assert_failed(recipient, "SUPPRESSED")
        self.assertEqual(self.world.one.policy.commands("internal@one.test"), [])


def _text(part):
    """A text part with the line ends of this system; base64 keeps those of the wire."""
    return part.get_content().replace("\r\n", "\n")


if __name__ == "__main__":
    unittest.main()
