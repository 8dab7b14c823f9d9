"""Requests that are wrong, or that ask for what this server does not do."""

import unittest

import grpc
from google.protobuf import timestamp_pb2

from harness import mail_world, rpc_details
from harness.mail_world import send, simple_request
from mailstrom.v1 import mailstrom_service_pb2


class ValidationTest(mail_world.MailTestCase):
    def assert_refused(self, request, fields):
        """The request is refused, exactly `fields` are named, and nothing is stored."""
        written = self.server.written_bytes()
        with self.assertRaises(grpc.RpcError) as refusal:
            send(self.server, request)
        self.assertEqual(refusal.exception.code(), grpc.StatusCode.INVALID_ARGUMENT, refusal.exception)
        details = rpc_details.of(refusal.exception)
        self.assertEqual((details.reason, details.domain), ("FIELD_INVALID", "mailstrom"))
        self.assertEqual(set(details.violations), set(fields), details.violations)
        for description in details.violations.values():
            self.assertNotEqual(description, "")
        self.assertEqual(self.server.written_bytes(), written)

    def test_good_request_is_stored(self):
        # Without this, the others could not fail.
        written = self.server.written_bytes()
        email = send(self.server, simple_request("good@one.test"))
        self.assertGreater(self.server.written_bytes(), written)
        self.server.wait_settled(email.email_id)

    def test_no_recipient(self):
        with self.assertRaises(grpc.RpcError) as refusal:
            send(self.server, simple_request())
        self.assertEqual(refusal.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertEqual(len(rpc_details.of(refusal.exception).violations), 1)

    def test_neither_content_nor_raw_message(self):
        with self.assertRaises(grpc.RpcError) as refusal:
            send(self.server, mailstrom_service_pb2.SendEmailRequest())
        self.assertEqual(refusal.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        violations = rpc_details.of(refusal.exception).violations
        self.assertTrue(violations)

    def test_malformed_address(self):
        for address in ("nobody", "a@", "@one.test", "a b@one.test", "a@one..test", "a@one.test>"):
            with self.subTest(address=address):
                self.assert_refused(simple_request("fine@one.test", address), ["content.to[1].mailbox.address"])

    def test_line_breaks(self):
        for line_break in ("\r\n", "\r", "\n"):
            injected = f"x{line_break}Bcc: victim@one.test"
            with self.subTest(line_break=line_break):
                request = simple_request("fine@one.test", subject=injected)
                self.assert_refused(request, ["content.subject"])
                request = simple_request("fine@one.test")
                request.content.headers.add(name="X-Test", value=injected)
                self.assert_refused(request, ["content.headers[0].value"])
                request = simple_request("fine@one.test")
                request.content.headers.add(name=injected, value="x")
                self.assert_refused(request, ["content.headers[0].name"])
                request = simple_request(f"a@one.test>{line_break}RCPT TO:<b@one.test")
                self.assert_refused(request, ["content.to[0].mailbox.address"])

    def test_every_wrong_field_is_named(self):
        request = simple_request("bad", "fine@one.test", "worse@", sender="nobody", subject="a\nb")
        request.content.headers.add(name="To", value="x@one.test")
        self.assert_refused(
            request,
            [
                "content.from[0].mailbox.address",
                "content.to[0].mailbox.address",
                "content.to[2].mailbox.address",
                "content.subject",
                "content.headers[0].name",
            ],
        )

    def test_bad_envelope(self):
        request = simple_request("fine@one.test")
        request.envelope.reverse_path = "a@sender.test\r\nRCPT TO:<b@one.test>"
        request.envelope.forward_paths.extend(["fine@one.test", "broken"])
        self.assert_refused(request, ["envelope.reverse_path", "envelope.forward_paths[1]"])

    def test_large_message(self):
        request = simple_request("fine@one.test")
        request.content.attachments.add(filename="big.bin", data=bytes(60 << 20))
        written = self.server.written_bytes()
        with self.assertRaises(grpc.RpcError) as refusal:
            send(self.server, request)
        self.assertEqual(refusal.exception.code(), grpc.StatusCode.INVALID_ARGUMENT, refusal.exception)
        self.assertEqual(rpc_details.of(refusal.exception).reason, "FIELD_INVALID")
        self.assertTrue(rpc_details.of(refusal.exception).violations)
        raw = b"From: ann@sender.test\r\nTo: fine@one.test\r\n\r\n" + b"x" * 76 + b"\r\n"
        raw += (b"y" * 76 + b"\r\n") * ((60 << 20) // 78)
        self.assert_refused(mailstrom_service_pb2.SendEmailRequest(raw_message=raw), ["raw_message"])
        self.assertEqual(self.server.written_bytes(), written)

    def test_a_far_send_time_is_refused_and_validation_alone_stores_nothing(self):
        request = simple_request("fine@one.test")
        request.send_time.CopyFrom(timestamp_pb2.Timestamp(seconds=4000000000))
        with self.assertRaises(grpc.RpcError) as refusal:
            send(self.server, request)
        self.assertEqual(refusal.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("send_time", str(rpc_details.of(refusal.exception)))

        request = simple_request("fine@one.test")
        request.validate_only = True
        written = self.server.written_bytes()
        self.assertEqual(send(self.server, request).email_id, "")
        self.assertEqual(self.server.written_bytes(), written)


if __name__ == "__main__":
    unittest.main()
