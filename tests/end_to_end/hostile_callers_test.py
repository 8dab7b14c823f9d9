"""What callers without credentials can take of the server."""

import unittest

from harness import half_sent_calls, mail_world, mailstrom_server
from harness.mail_world import send, simple_request

_MEBIBYTE = 1 << 20
_CALLS = 16
# What the server takes of one message at most, with its default limits.
_MESSAGE_BYTES = 80 * _MEBIBYTE
# What it takes of all of them, and as much again until it notices and the allocator gives it back.
_ALLOWED_GROWTH = 2 * 256 * _MEBIBYTE


class HostileCallersTest(unittest.TestCase):
    def setUp(self):
        self.server = mailstrom_server.MailstromServer(mail_world.programs()[0])
        self.addCleanup(self.server.stop)
        self.server.start()

    def test_messages_that_never_end_do_not_fill_the_memory(self):
        send(self.server, simple_request("a@receiver.test"))
        before = self.server.resident_bytes()
        calls = half_sent_calls.HalfSentCalls(mailstrom_server.ADDRESS, _CALLS, _MESSAGE_BYTES)
        self.addCleanup(calls.close)
        calls.send(patience=3)
        self.assertGreater(calls.sent_bytes, 128 * _MEBIBYTE, "nothing was tried")
        self.assertLess(self.server.resident_bytes() - before, _ALLOWED_GROWTH)
        # Others are served meanwhile.
        send(self.server, simple_request("b@receiver.test"))


if __name__ == "__main__":
    unittest.main()
